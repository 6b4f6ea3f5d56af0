import type { SecurityPolicySpec } from '@heddle/schema';
import { clusterSettingsFindings, fractionFindings } from './envoy-cluster-settings.ts';
import { cidrFindings } from './backend-traffic-policy-shape.ts';
import { patternError } from './patterns.ts';
import { keyFindings } from './request-authentication-shape.ts';
import { errorIf, exclusive, type RuleFinding, documentRule, schemaError } from './rule.ts';

/** What the definition of SecurityPolicy, and Envoy Gateway itself, ask beyond the fields' forms (IST0106). */
export const securityPolicyShape = documentRule('securityPolicies', function* ({ object: { spec } }) {
  const { jwt, oidc, extAuth, authorization, apiKeyAuth, csrf } = spec;
  if (jwt !== undefined) yield* jwtFindings(jwt);
  if (authorization !== undefined) yield* authorizationFindings(authorization, jwt);
  for (const [i, { headers, params, cookies }] of (apiKeyAuth?.extractFrom ?? []).entries()) {
    if ([headers, params, cookies].filter((one) => one !== undefined).length !== 1) {
      yield schemaError(`spec.apiKeyAuth.extractFrom[${i}]`, 'write one of headers, params and cookies');
    }
  }
  if (extAuth !== undefined) yield* extAuthFindings(extAuth);
  if (oidc !== undefined) yield* oidcFindings(oidc);
  if (csrf?.shadowFraction !== undefined)
    yield* fractionFindings(csrf.shadowFraction, 'spec.csrf.shadowFraction');
});

type Jwt = NonNullable<SecurityPolicySpec['jwt']>;

function* jwtFindings(jwt: Jwt): Iterable<RuleFinding> {
  yield* exclusive('spec.jwt', jwt, ['optional', 'failOpen']);
  for (const [i, provider] of jwt.providers.entries()) {
    const path = `spec.jwt.providers[${i}]`;
    const { name, remoteJWKS, localJWKS, recomputeRoute, claimToHeaders = [] } = provider;
    if (jwt.providers.findIndex((one) => one.name === name) !== i) {
      yield schemaError(
        `${path}.name`,
        `a provider before it is called "${name}", too; give each its own name`,
      );
    }
    if (recomputeRoute === true && claimToHeaders.length === 0) {
      yield schemaError(
        `${path}.recomputeRoute`,
        'the route is looked for again by headers: write claimToHeaders',
      );
    }
    if (remoteJWKS === undefined && localJWKS === undefined) {
      yield schemaError(path, 'there are no keys; write remoteJWKS or localJWKS');
    }
    yield* exclusive(path, provider, ['remoteJWKS', 'localJWKS']);
    if (remoteJWKS !== undefined) {
      if (!isHttpUrl(remoteJWKS.uri)) {
        yield schemaError(`${path}.remoteJWKS.uri`, `"${remoteJWKS.uri}" is no http or https URL`);
      }
      yield* externalFindings(remoteJWKS, `${path}.remoteJWKS`);
    }
    if (localJWKS !== undefined) {
      const { type = 'Inline', inline, valueRef } = localJWKS;
      const fits = type === 'Inline' ? [inline, valueRef] : [valueRef, inline];
      if (fits[0] === undefined || fits[1] !== undefined) {
        const field = type === 'Inline' ? 'inline' : 'valueRef';
        yield schemaError(`${path}.localJWKS`, `type ${type} goes with ${field} alone`);
      }
      if (inline !== undefined) yield* keyFindings(inline, `${path}.localJWKS.inline`);
    }
    for (const [c, { claim, header }] of claimToHeaders.entries()) {
      if (claim === '' || header === '') {
        yield schemaError(`${path}.claimToHeaders[${c}]`, 'header and claim are both needed');
      }
    }
  }
}

type Authorization = NonNullable<SecurityPolicySpec['authorization']>;

function* authorizationFindings({ rules = [] }: Authorization, jwt: Jwt | undefined): Iterable<RuleFinding> {
  for (const [i, { principal, cel, operation }] of rules.entries()) {
    const path = `spec.authorization.rules[${i}]`;
    if (principal === undefined && cel === undefined) {
      yield schemaError(path, 'the rule says of nobody; write principal or cel');
    }
    if (operation !== undefined && operation.methods === undefined && operation.path === undefined) {
      yield schemaError(`${path}.operation`, 'the operation says nothing; write methods, path, or both');
    }
    if (operation?.path?.type === 'RegularExpression') {
      yield* errorIf(`${path}.operation.path.value`, patternError(operation.path.value ?? ''));
    }
    if (principal !== undefined) yield* principalFindings(principal, jwt, `${path}.principal`);
  }
}

type Principal = NonNullable<NonNullable<Authorization['rules']>[number]['principal']>;

function* principalFindings(principal: Principal, jwt: Jwt | undefined, path: string): Iterable<RuleFinding> {
  const { clientCIDRs = [], clientIPGeoLocations = [] } = principal;
  if (Object.values(principal).every((value) => value === undefined)) {
    yield schemaError(
      path,
      'the principal says of nobody; write clientCIDRs, jwt, headers or clientIPGeoLocations',
    );
  }
  for (const [i, block] of clientCIDRs.entries()) yield* cidrFindings(block, `${path}.clientCIDRs[${i}]`);
  for (const [i, place] of clientIPGeoLocations.entries()) {
    const at = `${path}.clientIPGeoLocations[${i}]`;
    if (Object.values(place).every((value) => value === undefined)) {
      yield schemaError(at, 'the place says nothing; write country, region, city, asn, isp or anonymous');
    }
    const { anonymous } = place;
    if (anonymous !== undefined && Object.values(anonymous).every((value) => value === undefined)) {
      yield schemaError(`${at}.anonymous`, 'write one of isAnonymous, isVPN, isHosting, isTor and isProxy');
    }
  }
  if (principal.jwt === undefined) return;
  const { claims, scopes, provider } = principal.jwt;
  if (claims === undefined && scopes === undefined) {
    yield schemaError(`${path}.jwt`, 'nothing is asked of the token; write claims, scopes, or both');
  }
  if (jwt === undefined) {
    yield schemaError(`${path}.jwt`, 'the policy verifies no tokens; write spec.jwt');
  } else if (!jwt.providers.some(({ name }) => name === provider)) {
    yield {
      code: 'IST0133',
      severity: 'warning',
      path: `${path}.jwt.provider`,
      message: `no provider of the policy is called "${provider}": the rule matches nothing`,
    };
  }
}

type ExtAuth = NonNullable<SecurityPolicySpec['extAuth']>;

function* extAuthFindings(extAuth: ExtAuth): Iterable<RuleFinding> {
  const { grpc, http, contextExtensions = [] } = extAuth;
  if ((grpc === undefined) === (http === undefined)) {
    yield schemaError('spec.extAuth', 'write one of grpc and http');
  }
  for (const [service, path] of [
    [grpc, 'spec.extAuth.grpc'],
    [http, 'spec.extAuth.http'],
  ] as const) {
    if (service === undefined) continue;
    if (service.backendRef === undefined && (service.backendRefs ?? []).length === 0) {
      yield schemaError(path, 'nobody is named to ask; write backendRefs');
    }
    yield* externalFindings(service, path);
  }
  if (http !== undefined) yield* exclusive('spec.extAuth.http', http, ['path', 'pathOverride']);
  for (const [i, { type = 'Value', value, valueRef }] of contextExtensions.entries()) {
    const path = `spec.extAuth.contextExtensions[${i}]`;
    const fits = type === 'Value' ? [value, valueRef] : [valueRef, value];
    if (fits[0] === undefined || fits[1] !== undefined) {
      yield schemaError(path, `type ${type} goes with ${type === 'Value' ? 'value' : 'valueRef'} alone`);
    }
    if (
      valueRef !== undefined &&
      !(/^(?:ConfigMap|Secret)$/.test(valueRef.kind) && /^(?:v1)?$/.test(valueRef.group))
    ) {
      yield schemaError(
        `${path}.valueRef`,
        `a value is in a ConfigMap or a Secret, not in a ${valueRef.kind}`,
      );
    }
  }
}

type External = Pick<NonNullable<ExtAuth['http']>, 'backendRef' | 'backendRefs' | 'backendSettings'>;

/** Who is asked, and how. */
function* externalFindings(
  { backendRef, backendRefs = [], backendSettings }: External,
  path: string,
): Iterable<RuleFinding> {
  const refs = [
    ...(backendRef === undefined ? [] : [[backendRef, `${path}.backendRef`] as const]),
    ...backendRefs.map((ref, i) => [ref, `${path}.backendRefs[${i}]`] as const),
  ];
  for (const [{ group = '', kind = 'Service', port }, at] of refs) {
    if (!['Service', 'ServiceImport', 'Backend'].includes(kind)) {
      yield schemaError(`${at}.kind`, `${kind} cannot be asked; name a Service, ServiceImport or Backend`);
    } else if (!['', 'multicluster.x-k8s.io', 'gateway.envoyproxy.io'].includes(group)) {
      yield schemaError(`${at}.group`, `"${group}" is no group of a ${kind}`);
    }
    if (group === '' && kind === 'Service' && port === undefined) {
      yield schemaError(`${at}.port`, 'a Service is asked on a port; write it');
    }
  }
  if (backendSettings !== undefined)
    yield* clusterSettingsFindings(backendSettings, `${path}.backendSettings`);
}

type Oidc = NonNullable<SecurityPolicySpec['oidc']>;

function* oidcFindings(oidc: Oidc): Iterable<RuleFinding> {
  const { clientID, clientIDRef, forwardAccessToken, forwardIDToken, provider } = oidc;
  if ((clientID === undefined) === (clientIDRef === undefined)) {
    yield schemaError('spec.oidc', 'write one of clientID and clientIDRef');
  }
  const header = forwardIDToken?.header.toLowerCase();
  if (header === 'host')
    yield schemaError('spec.oidc.forwardIDToken.header', 'the Host header cannot carry the token');
  if (forwardAccessToken === true && header === 'authorization') {
    yield schemaError(
      'spec.oidc.forwardIDToken.header',
      'the access token is forwarded in Authorization; choose another header',
    );
  }
  for (const [name, written] of Object.entries(oidc.cookieNames ?? {})) {
    if (written === '' || isToken(written)) continue;
    yield schemaError(`spec.oidc.cookieNames.${name}`, `"${written}" cannot be the name of a cookie`);
  }
  for (const [i, { name, type, value }] of (oidc.denyRedirect?.headers ?? []).entries()) {
    const path = `spec.oidc.denyRedirect.headers[${i}]`;
    if (!isToken(name)) yield schemaError(`${path}.name`, `"${name}" cannot be the name of a header`);
    if (type === 'RegularExpression') yield* errorIf(`${path}.value`, patternError(value));
  }
  if (provider.backendRef !== undefined) {
    yield schemaError('spec.oidc.provider.backendRef', 'backendRef is not taken here; write backendRefs');
  }
  const { retry } = provider.backendSettings ?? {};
  if (retry?.perRetry?.timeout !== undefined) {
    yield schemaError(
      'spec.oidc.provider.backendSettings.retry.perRetry.timeout',
      'a timeout of one try is not taken here; remove it',
    );
  }
  if (retry?.retryOn?.httpStatusCodes !== undefined) {
    yield schemaError(
      'spec.oidc.provider.backendSettings.retry.retryOn.httpStatusCodes',
      'status codes are not taken here; remove them',
    );
  }
  yield* externalFindings(provider, 'spec.oidc.provider');
}

/** @see RFC 9110 §5.6.2 */
function isToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
