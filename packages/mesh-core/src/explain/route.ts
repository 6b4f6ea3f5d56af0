/** Why a request goes where it goes: what a proxy would do with it, by the same translation and the same decisions. */
import type {
  ExplainedUpstream,
  RouteExplainAnswer,
  RouteExplainRequest,
  RouteRequestFrom,
} from '@heddle/schema';
import {
  type Admission,
  clientAddress,
  type CorsHeader,
  decideCors,
  decideRoute,
  foretellAdmission,
  type ForwardAction,
  grpcStatusOfHttp,
  hostOf,
  normalizePath,
  type Origin,
  redirectLocation,
  rewritePath,
  type Route,
  type RouteRequest,
  type WeightedTarget,
} from '@heddle/traffic';
import { CallerRoutes } from '../compile/caller-routes.ts';
import { kubernetesGateway } from '../compile/kubernetes-gateway.ts';
import { gatewayNameLabel } from '../translate/gateway-api/gateway.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import { defaultOrigin, type World } from '../world/world.ts';
import { decideConnection } from './connection.ts';
import { changedHeaders, type HeaderContext, requestHeadersOf, responseHeadersOf } from './header-changes.ts';
import { percentsOf } from './percents.ts';
import { targetPortOf } from './target-port.ts';

interface RequestContext extends HeaderContext {
  readonly caller: WorkloadInstance;
}

/** Answers many requests against one world; tables are compiled once per kind of caller. */
export class RouteExplainer {
  readonly #world: World;
  readonly #routes: CallerRoutes;

  constructor(world: World) {
    this.#world = world;
    this.#routes = new CallerRoutes(world);
  }

  explain(request: RouteExplainRequest): RouteExplainAnswer {
    if (request.protocol === 'tcp' || request.protocol === 'tls') return this.#connected(request);
    const answer = this.#explainHttp(request);
    if (request.protocol !== 'grpc' || answer.status === undefined || answer.action === 'redirect')
      return answer;
    return { ...answer, grpcStatus: answer.fault?.abort?.grpcStatus ?? grpcStatusOfHttp(answer.status) };
  }

  #explainHttp(request: RouteExplainRequest): RouteExplainAnswer {
    const headers = new Map(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const caller = this.#callerOf(request.from);
    const serving = caller && this.#routes.serving(caller, request);
    const scheme = request.scheme ?? (serving?.table.name.startsWith('https.') ? 'https' : 'http');
    const asked = {
      authority: headers.get('host') ?? authorityOf({ ...request, scheme }),
      method: request.method ?? (request.protocol === 'grpc' ? 'POST' : 'GET'),
      path: normalizePath(
        request.path ?? '/',
        serving?.pathNormalization ?? this.#world.settings.pathNormalization,
      ),
      scheme,
      header: (name: string) => headers.get(name),
      ...(request.jwt === undefined ? {} : { claims: request.jwt }),
    };
    if (caller === undefined || serving === undefined) return this.#withoutHost(request, caller, asked);
    const decision = decideRoute(serving.table, asked);
    if (decision.kind === 'no-host') return this.#withoutHost(request, caller, asked);
    if (decision.kind === 'no-route') {
      return { action: 'none', status: 404, flag: 'NR', why: whyOf(decision.virtualHost.from) };
    }
    const protocol = request.protocol === 'grpc' ? 'HTTP/2' : 'HTTP/1.1';
    const { route } = decision;
    const client = clientAddress(serving.clientAddress, { peer: request.sourceIp, header: asked.header });
    if (client.isRefused) return { action: 'error', status: 403, why: whyOf(route.from) };
    const admission = foretellAdmission(route, serving.demands(route), {
      ...asked,
      headerValues: (name) => [headers.get(name) ?? []].flat(),
      destinationPort: request.port,
      sourceIp: request.sourceIp,
      remoteIp: client.address,
      provider: () => undefined,
    });
    return this.#decided(route, admission, asked, { headers, asked, protocol, caller });
  }

  /** No host of HTTP: the port may belong to a service whose connections are passed on as they are, whatever comes over them. */
  #withoutHost(
    request: RouteExplainRequest,
    caller: WorkloadInstance | undefined,
    { path, authority }: RouteRequest,
  ): RouteExplainAnswer {
    if (caller?.kind !== 'sidecar') return this.#withoutTable(request);
    const protocol = request.scheme === 'http' ? 'tcp' : 'tls';
    const { why, ...answer } = this.#connected({ ...request, protocol });
    return { ...answer, ...(answer.action === 'route' ? { path, authority } : {}), why };
  }

  /** The proxy that is asked: a sidecar of a workload that may exist only in the question, or a gateway. */
  #callerOf({ sidecar, gateway, gatewaySelector }: RouteRequestFrom): WorkloadInstance | undefined {
    if (sidecar !== undefined) {
      const declared = this.#world.deployments.find(
        ({ namespace, name }) => namespace === sidecar.namespace && name === sidecar.workload,
      );
      return callerWith('sidecar', sidecar.namespace, sidecar.labels ?? declared?.labels ?? {});
    }
    if (gatewaySelector !== undefined)
      return callerWith('gateway', this.#world.settings.rootNamespace, gatewaySelector);
    const [namespace = '', name = ''] = (gateway?.includes('/') ? gateway : `default/${gateway}`).split('/');
    const document = this.#world.documents.gateways.find(
      ({ key }) => key.namespace === namespace && key.name === name,
    );
    if (document !== undefined) return callerWith('gateway', namespace, document.object.spec.selector ?? {});
    return kubernetesGateway(namespace, name, this.#world) === undefined
      ? undefined
      : callerWith('gateway', namespace, { [gatewayNameLabel]: name });
  }

  #connected(request: RouteExplainRequest): RouteExplainAnswer {
    const caller = this.#callerOf(request.from);
    if (caller === undefined) return { action: 'none', status: 404, flag: 'NR', why: [] };
    const decision = decideConnection(request, caller, this.#world);
    switch (decision.kind) {
      case 'unknown':
        return this.#withoutTable(request);
      case 'no-chain':
        return { action: 'none', status: 404, flag: 'NR', why: [] };
      case 'chain': {
        const { clusters, from } = decision.chain;
        const percents = percentsOf(clusters.map(({ weight }) => weight));
        const upstreams = clusters.map((one, i) => this.#upstream(one, percents[i] ?? 0, caller));
        const isLost = upstreams.every(({ status }) => status !== undefined);
        const status = upstreams[0]?.status ?? 503;
        return {
          ...(isLost ? { action: 'error', status, flag: 'NC' } : { action: 'route' }),
          upstreams,
          why: whyOf(from),
        };
      }
    }
  }

  /** Nothing in the mesh answers to the name: a gateway has no such host, a sidecar passes it through or refuses it. */
  #withoutTable({ from, host: written, port }: RouteExplainRequest): RouteExplainAnswer {
    const host = hostOf(written);
    const isSidecar = from.sidecar !== undefined;
    if (!isSidecar) return { action: 'none', status: 404, flag: 'NR', why: [] };
    const why = whyOf([defaultOrigin('outboundTrafficPolicy')]);
    const caller = this.#callerOf(from) ?? callerWith('sidecar', '', {});
    const egress = this.#routes.egressProxy(caller);
    if (egress !== undefined) {
      const proxy = { host: egress.host, port: egress.port, percent: 100 };
      const subset = egress.subset === '' ? {} : { subset: egress.subset };
      return { action: 'route', upstreams: [{ ...proxy, ...subset }], why: whyOf([egress.from]) };
    }
    return this.#routes.outboundTrafficPolicy(caller) === 'ALLOW_ANY'
      ? { action: 'route', upstreams: [{ host, port, percent: 100 }], why }
      : { action: 'error', status: 502, why };
  }

  #decided(
    route: Route,
    admission: Admission,
    asked: RouteRequest,
    changes: RequestContext,
  ): RouteExplainAnswer {
    const { action } = route;
    const why = whyOf(route.from);
    if (action.kind === 'forward') {
      return this.#forwardedOrPreflight(route, action, admission, asked, changes);
    }
    if (admission.kind !== 'admitted') return refused(route, admission);
    const response = responseHeadersOf([route], [], changes);
    if (action.kind === 'redirect') {
      const location = redirectLocation(action, route.match, asked);
      return { action: 'redirect', status: action.status, location, ...response, why };
    }
    return { action: 'direct', status: action.status, body: action.body, ...response, why };
  }

  /** A fault comes before the answer to a preflight, that before who may ask, and that before the service. */
  #forwardedOrPreflight(
    route: Route,
    action: ForwardAction,
    admission: Admission,
    asked: RouteRequest,
    changes: RequestContext,
  ): RouteExplainAnswer {
    const why = whyOf(route.from);
    const cors = action.cors === undefined ? undefined : decideCors(action.cors, asked);
    const permission = cors === undefined || cors.kind === 'pass' ? [] : cors.responseHeaders;
    const isAborted = faultOf(action)?.abort?.percent === 100;
    if (cors?.kind !== 'answer' && !isAborted && admission.kind !== 'admitted') {
      return refused(route, admission);
    }
    if (cors?.kind !== 'answer' || isAborted) {
      return { ...this.#forwarded(route, action, asked, changes, permission), why };
    }
    const answered = responseHeadersOf([], permission, changes);
    return { action: 'direct', status: 200, ...answered, why: [...whyOf(action.cors?.from ?? []), ...why] };
  }

  #forwarded(
    route: Route,
    action: ForwardAction,
    asked: RouteRequest,
    changes: RequestContext,
    permission: readonly CorsHeader[],
  ): Omit<RouteExplainAnswer, 'why'> {
    const lone = action.clusters.length === 1;
    const served = action.clusters.filter(({ weight }) => weight > 0 || lone);
    const percents = percentsOf(served.map(({ weight }) => weight));
    const upstreams = served.map((cluster, i) => this.#upstream(cluster, percents[i] ?? 0, changes.caller));
    const fault = faultOf(action);
    if (fault?.abort?.percent === 100) {
      const { status } = fault.abort;
      const response = responseHeadersOf([route], [], changes);
      return { action: 'fault', status, flag: 'FI', upstreams, ...response, fault };
    }
    const [first] = upstreams;
    const allFail = upstreams.every(({ status }) => status !== undefined);
    const [only] = served.length === 1 ? served : [];
    const changing = only === undefined ? [route] : [only, route];
    const path = rewritePath(route.match, action.pathRewrite, asked.path);
    const authority = action.hostRewrite ?? only?.hostRewrite ?? asked.authority;
    const headers = changedHeaders(changing, changes);
    const sent = { ...changes, headers, asked: { ...asked, path, authority } };
    return {
      ...(allFail && first?.status !== undefined
        ? { action: 'error', status: first.status, flag: 'NC' }
        : { action: 'route' }),
      upstreams,
      path,
      authority,
      ...requestHeadersOf(headers, changes),
      ...responseHeadersOf(changing, permission, sent),
      timeoutMs: action.timeoutMs,
      retry: {
        attempts: action.retry.numRetries,
        on: [...action.retry.retryOn],
        ...(action.retry.statusCodes.length === 0 ? {} : { statusCodes: [...action.retry.statusCodes] }),
        perTryTimeoutMs: action.retry.perTryTimeoutMs,
      },
      ...(fault === undefined ? {} : { fault }),
      ...(action.mirrors.length === 0
        ? {}
        : {
            mirrors: action.mirrors.map(({ cluster, share }) => ({
              ...targetOfCluster(cluster),
              percent: share / 10_000,
            })),
          }),
    };
  }

  #upstream(
    { cluster, invalidStatus }: WeightedTarget,
    percent: number,
    caller: WorkloadInstance,
  ): ExplainedUpstream {
    const { host, port, ...subset } = targetOfCluster(cluster);
    // Several namespaces may have a host: the caller's own sight of it counts.
    const service = this.#routes.service(caller, host) ?? this.#world.service(host);
    return {
      host,
      ...(service === undefined ? {} : { namespace: service.namespace, service: service.name }),
      port,
      ...(service === undefined ? {} : { targetPort: targetPortOf(service, port, this.#world) }),
      ...subset,
      percent,
      ...(invalidStatus === undefined ? {} : { status: invalidStatus, flag: 'NC' }),
    };
  }
}

/** By the login that the route asks for, its tokens or its policies. */
function refused({ from }: Route, admission: Exclude<Admission, { kind: 'admitted' }>): RouteExplainAnswer {
  const { status, why } = admission;
  if (admission.kind === 'redirected') {
    const { location } = admission;
    return {
      action: 'redirect',
      status,
      ...(location === undefined ? {} : { location }),
      why: [...whyOf(admission.from), ...whyOf(from)],
    };
  }
  return { action: 'error', status, body: why, why: [...whyOf(admission.from), ...whyOf(from)] };
}

/** The Host header that a client sends which calls this host and port; what was called with a port is sent with that. */
function authorityOf({ host, port, scheme }: RouteExplainRequest): string {
  if (hostOf(host) !== host) return host;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}

function callerWith(
  kind: WorkloadInstance['kind'],
  namespace: string,
  labels: Readonly<Record<string, string>>,
): WorkloadInstance {
  return {
    id: 'explain',
    kind,
    namespace,
    workload: '',
    labels,
    serviceAccount: '',
    address: '127.0.0.1',
    inboundPort: 0,
    appPort: 0,
    ready: true,
    reason: '',
  };
}

function whyOf(from: readonly Origin[]): RouteExplainAnswer['why'] {
  return from.map(({ group, kind, namespace, name, path }) => ({ group, kind, namespace, name, path }));
}

function targetOfCluster(cluster: string): Pick<ExplainedUpstream, 'host' | 'port' | 'subset'> {
  const [, port = '0', subset = '', host = ''] = cluster.split('|');
  return { host, port: Number(port), ...(subset === '' ? {} : { subset }) };
}

function faultOf({ fault }: ForwardAction): RouteExplainAnswer['fault'] {
  if (fault === undefined) return undefined;
  const { abort, delay } = fault;
  const grpcStatus = abort?.grpcStatus === undefined ? {} : { grpcStatus: abort.grpcStatus };
  return {
    ...(abort === undefined
      ? {}
      : { abort: { status: abort.status, ...grpcStatus, percent: abort.share / 10_000 } }),
    ...(delay === undefined ? {} : { delay: { ms: delay.ms, percent: delay.share / 10_000 } }),
  };
}
