import type { AuthorizationExplainAnswer, AuthorizationExplainRequest } from '@heddle/schema';
import {
  type AuthorizationDecision,
  type AuthorizationRequest,
  type AuthorizationRule,
  authorize,
  authorizerOf,
  type ExtAuthz,
  normalizePath,
} from '@heddle/traffic';
import { WorkloadPolicies } from '../compile/workload-policies.ts';
import type { AuthorizationProtocol } from '../translate/istio/authorization-rule.ts';
import type { World } from '../world/world.ts';

/** Answers authorization requests about one world; each workload's policies are compiled once. */
export class AuthorizationExplainer {
  readonly #world: World;
  readonly #policies: WorkloadPolicies;

  constructor(world: World) {
    this.#world = world;
    this.#policies = new WorkloadPolicies(world);
  }

  explain(request: AuthorizationExplainRequest): AuthorizationExplainAnswer {
    const protocol = request.protocol === 'tcp' || request.protocol === 'tls' ? 'tcp' : 'http';
    const { namespace = 'default', serviceAccount = 'default', labels = {} } = request.workload;
    const { authorization, claimsOf } = this.#policies.of({ namespace, serviceAccount, labels }, protocol);
    const seen = asSeenByProxy(request, protocol, claimsOf(request.jwt), this.#world);
    const authorizer = authorizerOf(authorization, seen);
    return {
      ...answerOf(authorize(authorization, seen), protocol),
      ...(authorizer === undefined ? {} : { asks: questionTo(authorizer, seen) }),
    };
  }
}

function questionTo(
  { name, cluster, service, timeoutMs, failOpen }: ExtAuthz,
  { method = '', path = '' }: AuthorizationRequest,
): AuthorizationExplainAnswer['asks'] {
  return {
    provider: name,
    protocol: service.kind,
    host: service.kind === 'http' ? service.host : service.authority,
    port: Number(cluster.split('|')[1]),
    ...(service.kind === 'http' ? { method, path: service.pathPrefix + path } : {}),
    timeoutMs,
    failOpen,
  };
}

function asSeenByProxy(
  request: AuthorizationExplainRequest,
  protocol: AuthorizationProtocol,
  claims: AuthorizationRequest['claims'],
  { settings }: World,
): AuthorizationRequest {
  const connection = {
    peer: request.peer,
    destinationPort: request.port ?? 0,
    destinationIp: request.destinationIp,
    sourceIp: request.sourceIp,
    remoteIp: request.remoteIp ?? request.sourceIp,
    // A server name is read in lower case, as Envoy reads it.
    sni: request.sni?.toLowerCase(),
    metadata: request.metadata,
    provider: (name: string) => {
      const answers = request.provider ?? {};
      return Object.hasOwn(answers, name) ? answers[name] : undefined;
    },
  };
  if (protocol === 'tcp') return { ...connection, header: () => undefined, headerValues: () => [] };
  const headers = new Map(
    Object.entries(request.headers ?? {}).map(
      ([name, value]) => [name.toLowerCase(), value === null ? [] : [value].flat()] as const,
    ),
  );
  const header = (name: string) => {
    const values = headers.get(name) ?? [];
    return values.length === 0 ? undefined : values.join(',');
  };
  return {
    ...connection,
    method: request.method ?? 'GET',
    authority: header('host') ?? header(':authority') ?? request.host,
    path: normalizePath(request.path ?? '/', settings.pathNormalization),
    scheme: request.scheme ?? 'http',
    header,
    headerValues: (name) => headers.get(name) ?? [],
    claims,
  };
}

function answerOf(
  { decision, rule, status = 403, audited, shadow, why }: AuthorizationDecision,
  protocol: AuthorizationProtocol,
): AuthorizationExplainAnswer {
  return {
    decision,
    // A TCP connection is closed without a word.
    ...(decision === 'deny' && protocol === 'http' ? { status } : {}),
    ...policyOf(rule),
    ...decidedBy(rule),
    audited,
    ...(shadow === undefined ? {} : { shadow: { decision: shadow.decision, ...policyOf(shadow.rule) } }),
    why,
  };
}

function policyOf(rule: AuthorizationRule | undefined): Pick<AuthorizationExplainAnswer, 'policy'> {
  return rule === undefined ? {} : { policy: { ...rule.policy, rule: rule.rule } };
}

function decidedBy(rule: AuthorizationRule | undefined): Pick<AuthorizationExplainAnswer, 'decidedBy'> {
  const [origin] = rule?.from ?? [];
  if (origin === undefined) return {};
  const { group, kind, namespace, name, path } = origin;
  return { decidedBy: { group, kind, namespace, name, path } };
}
