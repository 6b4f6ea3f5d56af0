/** Asks the control plane what becomes of a request: first where it goes, then whether who is called there lets it in. */
import type {
  AuthorizationExplainAnswer,
  AuthorizationExplainRequest,
  ExplainedUpstream,
  ExplainError,
  RouteExplainAnswer,
  RouteExplainRequest,
  WorkloadSummary,
} from '@heddle/schema';
import { api } from '../../api/client.ts';
import { callerOf, headersOf, isConnection, type Known, type Question, requestFrom } from './question.ts';

export interface Access {
  /** `namespace/workload` that is called. */
  readonly workload: string;
  /** The identity that the caller proves; null comes from outside, without one. */
  readonly peer: string | null;
  readonly answer: AuthorizationExplainAnswer | ExplainError;
}

export interface Why {
  readonly route: RouteExplainAnswer | ExplainError;
  readonly access: readonly Access[];
}

/** More workloads than anybody reads through: policies are by label and account, so the first ones tell. */
const mostWorkloads = 50;

export async function ask(
  question: Question,
  called: string | null,
  known: Known,
  signal: AbortSignal,
): Promise<Why> {
  const [first] = (await api.explain([routeRequest(question, known)], signal)).items;
  const route = first !== undefined && 'action' in first ? first : failure(first);
  const stops = accessRequests(question, 'action' in route ? route : null, called, known);
  if (stops.length === 0) return { route, access: [] };
  const { items } = await api.explain(
    stops.map(({ authz }) => ({ authz })),
    signal,
  );
  return {
    route,
    access: stops.map(({ workload, authz }, i) => {
      const item = items[i];
      const answer = item !== undefined && 'decision' in item ? item : failure(item);
      return { workload, peer: authz.peer ?? null, answer };
    }),
  };
}

function failure(item: object | undefined): ExplainError {
  const error = item !== undefined && 'error' in item ? item.error : undefined;
  const { code, message } = { code: 'HDL0031', message: 'the answer has another form', ...Object(error) };
  return { error: { code: String(code), message: String(message) } };
}

export function routeRequest(question: Question, known: Known): RouteExplainRequest {
  const { protocol, from, host, port, path, headers, sni } = question;
  const called = { from: requestFrom(from, known), protocol, host: host.trim(), port: Number(port) };
  if (isConnection(question))
    return { ...called, ...(protocol === 'tls' && sni.trim() !== '' ? { sni: sni.trim() } : {}) };
  return { ...called, method: methodOf(question), path, headers: headersOf(headers) };
}

/** A call of gRPC is a POST. */
function methodOf({ protocol, method }: Question): string {
  return protocol === 'grpc' ? 'POST' : method.trim().toUpperCase() || 'GET';
}

interface Stop {
  readonly workload: string;
  readonly authz: AuthorizationExplainRequest;
}

/** Who is asked to let the request in: the gateway by which it enters, then the workloads it may be sent to. */
export function accessRequests(
  question: Question,
  route: RouteExplainAnswer | null,
  called: string | null,
  known: Known,
): Stop[] {
  const caller = callerOf(question.from, known);
  const peer = caller === undefined ? {} : { peer: caller.spiffeId };
  const isBytes = isConnection(question);
  const serverName = question.sni.trim() || question.host.trim();
  const common = isBytes
    ? { protocol: 'tcp', ...(question.protocol === 'tls' ? { sni: serverName } : {}) }
    : { method: methodOf(question), headers: { ...headersOf(question.headers), ...route?.requestHeaders } };
  const entry =
    caller?.kind === 'gateway'
      ? [
          stop(caller, {
            ...common,
            port: Number(question.port),
            ...(isBytes ? {} : { path: question.path, host: question.host }),
          }),
        ]
      : [];
  const behind = (route?.upstreams ?? []).flatMap((upstream) =>
    behindUpstream(upstream, known).map((workload) =>
      stop(workload, {
        ...common,
        ...peer,
        port: upstream.targetPort ?? upstream.port,
        ...(isBytes ? {} : { path: route?.path ?? question.path, host: route?.authority ?? question.host }),
      }),
    ),
  );
  const unique = [...new Map([...entry, ...behind].map((one) => [one.workload, one])).values()];
  const wanted = called === null ? [] : unique.filter(({ workload }) => workload === called);
  return (wanted.length > 0 ? wanted : unique).slice(0, mostWorkloads);
}

/** The workloads of a service; of a subset that is a version, those of that version. */
function behindUpstream({ namespace, service, subset }: ExplainedUpstream, { workloads }: Known) {
  if (service === undefined) return [];
  const all = workloads.filter((one) => one.namespace === namespace && one.services.includes(service));
  const ofSubset = all.filter(({ version }) => version === subset);
  return ofSubset.length > 0 ? ofSubset : all;
}

function stop(
  { namespace, name, serviceAccount, labels }: WorkloadSummary,
  rest: Omit<AuthorizationExplainRequest, 'workload'>,
): Stop {
  return {
    workload: `${namespace}/${name}`,
    authz: { workload: { namespace, serviceAccount, labels }, ...rest },
  };
}
