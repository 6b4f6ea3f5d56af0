/** The policies that a workload's proxy asks, and how it reads the claims of tokens: what explain and the forecast ask. */
import {
  compileAuthorization,
  type CompiledAuthorization,
  normalizeClaims,
  stableStringify,
} from '@heddle/traffic';
import { translateAuthorization } from '../translate/istio/authorization-policy.ts';
import type { AuthorizationProtocol } from '../translate/istio/authorization-rule.ts';
import { chainExtAuthz } from '../translate/istio/ext-authz.ts';
import {
  defaultSpaceDelimitedClaims,
  translateJwtProviders,
} from '../translate/istio/request-authentication.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import type { World } from '../world/world.ts';

export type PolicyTarget = Pick<WorkloadInstance, 'namespace' | 'serviceAccount' | 'labels'>;
type Claims = Readonly<Record<string, unknown>>;

interface CompiledPolicies {
  readonly authorization: CompiledAuthorization;
  /** As policies see them. */
  claimsOf(token: Claims | undefined): Claims | undefined;
}

/** Of one world; the policies of each kind of workload are compiled once. */
export class WorkloadPolicies {
  readonly #world: World;
  readonly #compiled = new Map<string, CompiledPolicies>();

  constructor(world: World) {
    this.#world = world;
  }

  of({ namespace, serviceAccount, labels }: PolicyTarget, protocol: AuthorizationProtocol): CompiledPolicies {
    const key = stableStringify([protocol, namespace, serviceAccount, labels]);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiled = this.#compile({ namespace, serviceAccount, labels }, protocol);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #compile(target: PolicyTarget, protocol: AuthorizationProtocol): CompiledPolicies {
    /** By issuer: claims that are lists written with spaces. */
    const spaceDelimited = new Map<unknown, readonly string[]>(
      translateJwtProviders(target, this.#world).map((one) => [one.issuer, one.spaceDelimitedClaims]),
    );
    const authorization = translateAuthorization(target, protocol, this.#world);
    const { extAuthz } = chainExtAuthz(authorization, this.#world);
    return {
      authorization: compileAuthorization(authorization, extAuthz),
      claimsOf: (token) =>
        token && normalizeClaims(token, spaceDelimited.get(token['iss']) ?? defaultSpaceDelimitedClaims),
    };
  }
}
