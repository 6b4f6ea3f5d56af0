import type { AuthorizationExplainAnswer, AuthorizationExplainRequest } from '@heddle/schema';
import {
  type AuthorizationDecision,
  type AuthorizationRequest,
  type AuthorizationRule,
  authorize,
  compileAuthorization,
  type CompiledAuthorization,
  normalizeClaims,
  normalizePath,
  stableStringify,
} from '@heddle/traffic';
import { translateAuthorization } from '../translate/istio/authorization-policy.ts';
import type { AuthorizationProtocol } from '../translate/istio/authorization-rule.ts';
import {
  defaultSpaceDelimitedClaims,
  translateJwtProviders,
} from '../translate/istio/request-authentication.ts';
import type { World } from '../world/world.ts';

interface CompiledWorkload {
  readonly authorization: CompiledAuthorization;
  /** By issuer: claims that are lists written with spaces. */
  readonly spaceDelimitedClaims: ReadonlyMap<string, readonly string[]>;
}

/** Answers authorization requests about one world; each workload's policies are compiled once. */
export class AuthorizationExplainer {
  readonly #world: World;
  readonly #compiled = new Map<string, CompiledWorkload>();

  constructor(world: World) {
    this.#world = world;
  }

  explain(request: AuthorizationExplainRequest): AuthorizationExplainAnswer {
    const protocol = request.protocol === 'tcp' || request.protocol === 'tls' ? 'tcp' : 'http';
    const { authorization, spaceDelimitedClaims } = this.#workload(request.workload, protocol);
    const decision = authorize(authorization, asSeenByProxy(request, protocol, spaceDelimitedClaims));
    return answerOf(decision, protocol);
  }

  #workload(
    {
      namespace = 'default',
      serviceAccount = 'default',
      labels = {},
    }: AuthorizationExplainRequest['workload'],
    protocol: AuthorizationProtocol,
  ): CompiledWorkload {
    const key = stableStringify([protocol, namespace, serviceAccount, labels]);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const target = { namespace, serviceAccount, labels };
    const compiled = {
      authorization: compileAuthorization(translateAuthorization(target, protocol, this.#world)),
      spaceDelimitedClaims: new Map(
        translateJwtProviders(target, this.#world).map((one) => [one.issuer, one.spaceDelimitedClaims]),
      ),
    };
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

function asSeenByProxy(
  request: AuthorizationExplainRequest,
  protocol: AuthorizationProtocol,
  spaceDelimitedClaims: ReadonlyMap<string, readonly string[]>,
): AuthorizationRequest {
  const connection = {
    peer: request.peer,
    destinationPort: request.port ?? 0,
    destinationIp: request.destinationIp,
    sourceIp: request.sourceIp,
    remoteIp: request.remoteIp ?? request.sourceIp,
    sni: request.sni,
    metadata: request.metadata,
    provider: (name: string) => {
      const answers = request.provider ?? {};
      return Object.hasOwn(answers, name) ? answers[name] : undefined;
    },
  };
  if (protocol === 'tcp') return { ...connection, header: () => undefined };
  const headers = new Map(
    Object.entries(request.headers ?? {}).flatMap(([name, value]) =>
      value === null ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(',') : value] as const],
    ),
  );
  const issuer = request.jwt?.['iss'];
  const delimited = typeof issuer === 'string' ? spaceDelimitedClaims.get(issuer) : undefined;
  return {
    ...connection,
    method: request.method ?? 'GET',
    authority: headers.get('host') ?? headers.get(':authority') ?? request.host,
    path: normalizePath(request.path ?? '/'),
    header: (name) => headers.get(name),
    claims:
      request.jwt === undefined
        ? undefined
        : normalizeClaims(request.jwt, delimited ?? defaultSpaceDelimitedClaims),
  };
}

function answerOf(
  { decision, rule, audited, shadow, why }: AuthorizationDecision,
  protocol: AuthorizationProtocol,
): AuthorizationExplainAnswer {
  return {
    decision,
    // A TCP connection is closed without a word.
    ...(decision === 'deny' && protocol === 'http' ? { status: 403 } : {}),
    ...policyOf(rule),
    audited,
    ...(shadow === undefined ? {} : { shadow: { decision: shadow.decision, ...policyOf(shadow.rule) } }),
    why,
  };
}

function policyOf(rule: AuthorizationRule | undefined): Pick<AuthorizationExplainAnswer, 'policy'> {
  return rule === undefined ? {} : { policy: { ...rule.policy, rule: rule.rule } };
}
