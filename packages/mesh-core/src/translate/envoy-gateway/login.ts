/** basicAuth and apiKeyAuth of a SecurityPolicy: passwords and keys, which Secrets list. */
import type { ResourceKey, SecurityPolicySpec } from '@heddle/schema';
import type { RouteLogin } from '@heddle/traffic';
import type { World } from '../../world/world.ts';
import { isGranted } from '../gateway-api/backend.ts';
import { clientKeys, noSecret, userPasswords } from '../istio/credential.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';

type Policy = EffectivePolicy<'securityPolicies'>;
type Reference = NonNullable<SecurityPolicySpec['basicAuth']>['users'];

/** A key before a password, as in Envoy Gateway; a route needs both. */
export function routeLogins(policy: Policy, world: World): RouteLogin[] {
  const { basicAuth, apiKeyAuth } = policy.spec;
  const ownerOf = (field: 'basicAuth' | 'apiKeyAuth') =>
    (policy.documents.find(({ object }) => object.spec[field] !== undefined) ?? policy.documents[0]).key;
  const logins: RouteLogin[] = [];
  if (apiKeyAuth !== undefined) {
    logins.push({
      name: policy.id,
      kind: 'api-key',
      secrets: apiKeyAuth.credentialRefs.map((ref) =>
        secretName(clientKeys, ref, ownerOf('apiKeyAuth'), world),
      ),
      places: apiKeyAuth.extractFrom.flatMap(({ headers = [], params = [], cookies = [] }) => [
        ...headers.map((name) => ({ kind: 'header' as const, name })),
        ...params.map((name) => ({ kind: 'query' as const, name })),
        ...cookies.map((name) => ({ kind: 'cookie' as const, name })),
      ]),
      forwardHeader: apiKeyAuth.forwardClientIDHeader ?? '',
      sanitizes: apiKeyAuth.sanitize ?? false,
      from: originsOf(policy, 'apiKeyAuth'),
    });
  }
  if (basicAuth !== undefined) {
    logins.push({
      name: policy.id,
      kind: 'basic',
      secrets: [secretName(userPasswords, basicAuth.users, ownerOf('basicAuth'), world)],
      places: [],
      forwardHeader: basicAuth.forwardUsernameHeader ?? '',
      sanitizes: false,
      from: originsOf(policy, 'basicAuth'),
    });
  }
  return logins;
}

/** A reference that is not allowed names nothing: nobody is listed there. */
export function secretName(
  scheme: string,
  { group = '', kind = 'Secret', name, namespace }: Reference,
  owner: ResourceKey,
  world: World,
): string {
  const from = namespace ?? owner.namespace;
  const isAllowed =
    from === owner.namespace || isGranted({ group, kind, name }, from, { world, route: owner });
  return isAllowed && kind === 'Secret' ? `${scheme}${from}/${name}` : noSecret.name;
}
