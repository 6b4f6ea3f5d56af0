/** security.istio.io */
import Type, { type Static } from 'typebox';
import { closed, DocumentOfOptional, PolicySelector } from './metadata.ts';

export const MtlsMode = Type.Enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']);
export type MtlsMode = Static<typeof MtlsMode>;
const MutualTls = Type.Object({ mode: Type.Optional(MtlsMode) }, closed);

const Strings = Type.Array(Type.String());
const OptionalStrings = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

export const PeerAuthenticationSpec = Type.Object(
  {
    selector: Type.Optional(PolicySelector),
    mtls: Type.Optional(MutualTls),
    portLevelMtls: Type.Optional(Type.Record(Type.String(), MutualTls, { minProperties: 1 })),
  },
  closed,
);
export const PeerAuthenticationDocument = DocumentOfOptional(PeerAuthenticationSpec);
export type PeerAuthenticationDocument = Static<typeof PeerAuthenticationDocument>;

export const PolicyTargetReference = Type.Object(
  {
    group: Type.Optional(
      Type.String({
        maxLength: 253,
        pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
        description: '"" is the core group',
      }),
    ),
    kind: Type.String({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
    name: Type.String({ minLength: 1, maxLength: 253 }),
    namespace: Type.Optional(
      Type.String({ description: 'not supported by Istio: always the own namespace' }),
    ),
  },
  closed,
);
export type PolicyTargetReference = Static<typeof PolicyTargetReference>;

/** Whom a policy is for: labels, or Gateways by name; neither is every workload of the namespace. */
const attachment = {
  selector: Type.Optional(PolicySelector),
  targetRef: Type.Optional(PolicyTargetReference),
  targetRefs: Type.Optional(Type.Array(PolicyTargetReference, { maxItems: 16 })),
};
export interface PolicyAttachment {
  readonly selector?: Static<typeof PolicySelector>;
  readonly targetRef?: PolicyTargetReference;
  readonly targetRefs?: readonly PolicyTargetReference[];
}

export const AuthorizationSource = Type.Object(
  {
    principals: OptionalStrings('SPIFFE IDs without spiffe://; exact, prefix*, *suffix or *'),
    notPrincipals: OptionalStrings('none of these; holds for a caller without identity'),
    requestPrincipals: OptionalStrings('issuer/subject of the token; the last slash separates them'),
    notRequestPrincipals: OptionalStrings('none of these; holds without a token'),
    namespaces: OptionalStrings('namespace of the caller, from its identity; * stands for any text'),
    notNamespaces: OptionalStrings('none of these; holds for a caller without identity'),
    serviceAccounts: OptionalStrings(
      'namespace/name, or a name in the namespace of the policy; no wildcards',
    ),
    notServiceAccounts: OptionalStrings('none of these; holds for a caller without identity'),
    ipBlocks: OptionalStrings('address or CIDR of the peer of the connection'),
    notIpBlocks: OptionalStrings('none of these'),
    remoteIpBlocks: OptionalStrings('address or CIDR of the client, by X-Forwarded-For and trusted hops'),
    notRemoteIpBlocks: OptionalStrings('none of these'),
    trustDomains: OptionalStrings('trust domain of the caller; exact, prefix*, *suffix or *'),
    notTrustDomains: OptionalStrings('none of these; holds for a caller without identity'),
  },
  closed,
);
export type AuthorizationSource = Static<typeof AuthorizationSource>;

export const AuthorizationOperation = Type.Object(
  {
    hosts: OptionalStrings('Host header with its port as sent, without regard to case'),
    notHosts: OptionalStrings('none of these'),
    ports: OptionalStrings('port of the workload, as a string'),
    notPorts: OptionalStrings('none of these'),
    methods: OptionalStrings('method, such as GET'),
    notMethods: OptionalStrings('none of these'),
    paths: OptionalStrings('normalised path without the query; wildcards, or {*} one segment and {**} any'),
    notPaths: OptionalStrings('none of these'),
  },
  closed,
);
export type AuthorizationOperation = Static<typeof AuthorizationOperation>;

export const AuthorizationCondition = Type.Object(
  {
    key: Type.String({ description: 'attribute, such as request.headers[x-user]' }),
    values: Type.Optional(Strings),
    notValues: Type.Optional(Strings),
  },
  closed,
);
export type AuthorizationCondition = Static<typeof AuthorizationCondition>;

export const AuthorizationRuleSpec = Type.Object(
  {
    from: Type.Optional(
      Type.Array(Type.Object({ source: Type.Optional(AuthorizationSource) }, closed), {
        maxItems: 512,
        description: 'any of these',
      }),
    ),
    to: Type.Optional(
      Type.Array(Type.Object({ operation: Type.Optional(AuthorizationOperation) }, closed), {
        description: 'any of these',
      }),
    ),
    when: Type.Optional(Type.Array(AuthorizationCondition, { description: 'all of these' })),
  },
  closed,
);
export type AuthorizationRuleSpec = Static<typeof AuthorizationRuleSpec>;

export const AuthorizationAction = Type.Enum(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM']);
export type AuthorizationAction = Static<typeof AuthorizationAction>;

export const AuthorizationPolicySpec = Type.Object(
  {
    ...attachment,
    action: Type.Optional(AuthorizationAction),
    provider: Type.Optional(Type.Object({ name: Type.Optional(Type.String()) }, closed)),
    rules: Type.Optional(
      Type.Array(AuthorizationRuleSpec, {
        maxItems: 512,
        description: 'any of these; ALLOW without rules allows nothing',
      }),
    ),
  },
  closed,
);
export type AuthorizationPolicySpec = Static<typeof AuthorizationPolicySpec>;
export const AuthorizationPolicyDocument = DocumentOfOptional(AuthorizationPolicySpec);
export type AuthorizationPolicyDocument = Static<typeof AuthorizationPolicyDocument>;

export const JwtRule = Type.Object(
  {
    issuer: Type.Optional(Type.String({ minLength: 1, description: 'the iss claim that a token must have' })),
    audiences: OptionalStrings('one of them must be in the aud claim; empty is any'),
    jwksUri: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2048, description: 'where the keys are fetched' }),
    ),
    jwks_uri: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2048, description: 'old spelling of jwksUri' }),
    ),
    jwks: Type.Optional(Type.String({ description: 'the keys, inline' })),
    fromHeaders: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), prefix: Type.Optional(Type.String()) }, closed)),
    ),
    fromParams: Type.Optional(Strings),
    fromCookies: Type.Optional(Strings),
    outputPayloadToHeader: Type.Optional(Type.String()),
    outputClaimToHeaders: Type.Optional(
      Type.Array(Type.Object({ header: Type.String(), claim: Type.String() }, closed)),
    ),
    forwardOriginalToken: Type.Optional(Type.Boolean()),
    timeout: Type.Optional(Type.String({ description: 'of fetching the keys, default 5s' })),
    spaceDelimitedClaims: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 64,
        description: 'claims that are lists written with spaces, besides scope and permission',
      }),
    ),
    presence: Type.Optional(Type.Enum(['OPTIONAL', 'REQUIRED'])),
  },
  closed,
);
export type JwtRule = Static<typeof JwtRule>;

export const RequestAuthenticationSpec = Type.Object(
  { ...attachment, jwtRules: Type.Optional(Type.Array(JwtRule, { maxItems: 4096 })) },
  closed,
);
export const RequestAuthenticationDocument = DocumentOfOptional(RequestAuthenticationSpec);
export type RequestAuthenticationDocument = Static<typeof RequestAuthenticationDocument>;
