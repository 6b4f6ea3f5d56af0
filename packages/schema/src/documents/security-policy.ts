/** SecurityPolicy of Envoy Gateway: who may come in. */
import Type, { type Static } from 'typebox';
import {
  BackendConnection,
  BackendProxyProtocol,
  Cidr,
  CircuitBreaker,
  DnsName,
  DnsSettings,
  Duration,
  Fraction,
  Group,
  HeaderName,
  HealthCheck,
  Http2,
  Kind,
  LoadBalancer,
  LocalObjectReference,
  NamespaceName,
  ObjectReference,
  PathMatch,
  PolicyTargetReference,
  PortNumber,
  Retry,
  TargetSelector,
  TcpKeepalive,
  Timeout,
} from './envoy-gateway-settings.ts';
import { closed, DocumentOf } from './metadata.ts';

/**
 * `*`, or a scheme with a host of which the first label may be a star. Labels are told apart by their dots, which keeps the time
 * to read one in proportion to its length.
 */
const OriginPattern = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^(\\*|[A-Za-z][A-Za-z0-9+.-]*:\\/\\/(\\*|(\\*\\.)?([\\w-]+\\.)*[\\w-]+)(:\\d{1,5})?)$',
});

const ApiKeyAuth = Type.Object(
  {
    credentialRefs: Type.Array(ObjectReference),
    extractFrom: Type.Array(
      Type.Object(
        {
          cookies: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
          headers: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
          params: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
        },
        closed,
      ),
      { minItems: 1 },
    ),
    forwardClientIDHeader: Type.Optional(Type.String()),
    sanitize: Type.Optional(Type.Boolean()),
  },
  closed,
);

const GeoLocation = Type.Object(
  {
    anonymous: Type.Optional(
      Type.Object(
        {
          isAnonymous: Type.Optional(Type.Boolean()),
          isHosting: Type.Optional(Type.Boolean()),
          isProxy: Type.Optional(Type.Boolean()),
          isTor: Type.Optional(Type.Boolean()),
          isVPN: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    asn: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    city: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    country: Type.Optional(Type.String({ minLength: 2, maxLength: 2, pattern: '^[A-Za-z]{2}$' })),
    isp: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 16, pattern: '^[A-Za-z0-9-]+$' })),
  },
  closed,
);

const AuthorizationPrincipal = Type.Object(
  {
    clientCIDRs: Type.Optional(Type.Array(Cidr, { minItems: 1 })),
    clientIPGeoLocations: Type.Optional(Type.Array(GeoLocation, { minItems: 1 })),
    headers: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 256 }),
            values: Type.Array(Type.String(), { minItems: 1, maxItems: 256 }),
          },
          closed,
        ),
        { minItems: 1, maxItems: 256 },
      ),
    ),
    jwt: Type.Optional(
      Type.Object(
        {
          claims: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  name: Type.String({ minLength: 1, maxLength: 253 }),
                  valueType: Type.Optional(Type.Enum(['String', 'StringArray'])),
                  values: Type.Array(Type.String(), { minItems: 1, maxItems: 128 }),
                },
                closed,
              ),
              { minItems: 1, maxItems: 16 },
            ),
          ),
          provider: Type.String({ minLength: 1, maxLength: 253 }),
          scopes: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems: 16 }),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

const AuthorizationRule = Type.Object(
  {
    action: Type.Enum(['Allow', 'Deny']),
    cel: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
    operation: Type.Optional(
      Type.Object(
        {
          methods: Type.Optional(
            Type.Array(
              Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']),
              { minItems: 1, maxItems: 16 },
            ),
          ),
          path: Type.Optional(PathMatch),
        },
        closed,
      ),
    ),
    principal: Type.Optional(AuthorizationPrincipal),
  },
  closed,
);

const Authorization = Type.Object(
  {
    defaultAction: Type.Optional(Type.Enum(['Allow', 'Deny'])),
    rules: Type.Optional(Type.Array(AuthorizationRule)),
  },
  closed,
);

const BasicAuth = Type.Object(
  { forwardUsernameHeader: Type.Optional(Type.String()), users: ObjectReference },
  closed,
);

const Cors = Type.Object(
  {
    allowCredentials: Type.Optional(Type.Boolean()),
    allowHeaders: Type.Optional(Type.Array(Type.String())),
    allowMethods: Type.Optional(Type.Array(Type.String())),
    allowOrigins: Type.Optional(Type.Array(OriginPattern)),
    exposeHeaders: Type.Optional(Type.Array(Type.String())),
    maxAge: Type.Optional(Duration),
  },
  closed,
);

const Csrf = Type.Object(
  {
    additionalOrigins: Type.Optional(Type.Array(OriginPattern, { maxItems: 16 })),
    shadowFraction: Type.Optional(Fraction),
  },
  closed,
);

const BackendObjectReference = Type.Object(
  {
    group: Type.Optional(Group),
    kind: Type.Optional(Kind),
    name: Type.String({ minLength: 1, maxLength: 253 }),
    namespace: Type.Optional(NamespaceName),
    port: Type.Optional(PortNumber),
  },
  closed,
);

const BackendRef = Type.Object(
  {
    fallback: Type.Optional(Type.Boolean()),
    group: Type.Optional(Group),
    kind: Type.Optional(Kind),
    name: Type.String({ minLength: 1, maxLength: 253 }),
    namespace: Type.Optional(NamespaceName),
    port: Type.Optional(PortNumber),
    weight: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  closed,
);

const ClusterSettings = Type.Object(
  {
    circuitBreaker: Type.Optional(CircuitBreaker),
    connection: Type.Optional(BackendConnection),
    dns: Type.Optional(DnsSettings),
    healthCheck: Type.Optional(HealthCheck),
    http2: Type.Optional(Http2),
    loadBalancer: Type.Optional(LoadBalancer),
    proxyProtocol: Type.Optional(BackendProxyProtocol),
    retry: Type.Optional(Retry),
    tcpKeepalive: Type.Optional(TcpKeepalive),
    timeout: Type.Optional(Timeout),
  },
  closed,
);

const ExtAuthGrpc = Type.Object(
  {
    backendRef: Type.Optional(BackendObjectReference),
    backendRefs: Type.Optional(Type.Array(BackendRef, { maxItems: 16 })),
    backendSettings: Type.Optional(ClusterSettings),
  },
  closed,
);

const ExtAuthHttp = Type.Object(
  {
    backendRef: Type.Optional(BackendObjectReference),
    backendRefs: Type.Optional(Type.Array(BackendRef, { maxItems: 16 })),
    backendSettings: Type.Optional(ClusterSettings),
    headersToBackend: Type.Optional(Type.Array(Type.String())),
    path: Type.Optional(Type.String()),
    pathOverride: Type.Optional(Type.String()),
  },
  closed,
);

const ExtAuth = Type.Object(
  {
    bodyToExtAuth: Type.Optional(
      Type.Object({ maxRequestBytes: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }, closed),
    ),
    contextExtensions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String(),
            type: Type.Optional(Type.Enum(['Value', 'ValueRef'])),
            value: Type.Optional(Type.String()),
            valueRef: Type.Optional(
              Type.Object(
                {
                  group: Group,
                  key: Type.String(),
                  kind: Kind,
                  name: Type.String({ minLength: 1, maxLength: 253 }),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
      ),
    ),
    failOpen: Type.Optional(Type.Boolean()),
    grpc: Type.Optional(ExtAuthGrpc),
    headersToExtAuth: Type.Optional(Type.Array(Type.String())),
    http: Type.Optional(ExtAuthHttp),
    includeRouteMetadata: Type.Optional(Type.Boolean()),
    recomputeRoute: Type.Optional(Type.Boolean()),
    statusOnError: Type.Optional(
      Type.Enum([
        400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422,
        423, 424, 426, 428, 429, 431, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
      ]),
    ),
    timeout: Type.Optional(Duration),
  },
  closed,
);

const RemoteJwks = Type.Object(
  {
    backendRef: Type.Optional(BackendObjectReference),
    backendRefs: Type.Optional(Type.Array(BackendRef, { maxItems: 16 })),
    backendSettings: Type.Optional(ClusterSettings),
    cacheDuration: Type.Optional(Duration),
    failedRefetchDuration: Type.Optional(Duration),
    uri: Type.String({ minLength: 1, maxLength: 253 }),
  },
  closed,
);

const JwtProvider = Type.Object(
  {
    audiences: Type.Optional(Type.Array(Type.String(), { maxItems: 8 })),
    claimToHeaders: Type.Optional(
      Type.Array(Type.Object({ claim: Type.String(), header: Type.String() }, closed)),
    ),
    extractFrom: Type.Optional(
      Type.Object(
        {
          cookies: Type.Optional(Type.Array(Type.String())),
          headers: Type.Optional(
            Type.Array(
              Type.Object({ name: Type.String(), valuePrefix: Type.Optional(Type.String()) }, closed),
            ),
          ),
          params: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
    ),
    issuer: Type.Optional(Type.String({ maxLength: 253 })),
    localJWKS: Type.Optional(
      Type.Object(
        {
          inline: Type.Optional(Type.String()),
          type: Type.Optional(Type.Enum(['Inline', 'ValueRef'])),
          valueRef: Type.Optional(LocalObjectReference),
        },
        closed,
      ),
    ),
    name: Type.String({ minLength: 1, maxLength: 253 }),
    recomputeRoute: Type.Optional(Type.Boolean()),
    remoteJWKS: Type.Optional(RemoteJwks),
  },
  closed,
);

const Jwt = Type.Object(
  {
    failOpen: Type.Optional(Type.Boolean()),
    optional: Type.Optional(Type.Boolean()),
    providers: Type.Array(JwtProvider, { minItems: 1, maxItems: 16 }),
  },
  closed,
);

const OidcProvider = Type.Object(
  {
    authorizationEndpoint: Type.Optional(Type.String()),
    backendRef: Type.Optional(BackendObjectReference),
    backendRefs: Type.Optional(Type.Array(BackendRef, { maxItems: 16 })),
    backendSettings: Type.Optional(ClusterSettings),
    endSessionEndpoint: Type.Optional(Type.String()),
    issuer: Type.String({ minLength: 1 }),
    tokenEndpoint: Type.Optional(Type.String()),
  },
  closed,
);

const Oidc = Type.Object(
  {
    clientID: Type.Optional(Type.String({ minLength: 1 })),
    clientIDRef: Type.Optional(ObjectReference),
    clientSecret: ObjectReference,
    cookieConfig: Type.Optional(
      Type.Object({ sameSite: Type.Optional(Type.Enum(['Lax', 'Strict', 'None'])) }, closed),
    ),
    cookieDomain: Type.Optional(DnsName),
    cookieNames: Type.Optional(
      Type.Object(
        { accessToken: Type.Optional(Type.String()), idToken: Type.Optional(Type.String()) },
        closed,
      ),
    ),
    csrfTokenTTL: Type.Optional(Duration),
    defaultRefreshTokenTTL: Type.Optional(Duration),
    defaultTokenTTL: Type.Optional(Duration),
    denyRedirect: Type.Optional(
      Type.Object(
        {
          headers: Type.Array(
            Type.Object(
              {
                name: Type.String({ minLength: 1 }),
                type: Type.Optional(Type.Enum(['Exact', 'Prefix', 'Suffix', 'RegularExpression'])),
                value: Type.String({ minLength: 1, maxLength: 1024 }),
              },
              closed,
            ),
            { minItems: 1, maxItems: 16 },
          ),
        },
        closed,
      ),
    ),
    disableTokenEncryption: Type.Optional(Type.Boolean()),
    forwardAccessToken: Type.Optional(Type.Boolean()),
    forwardIDToken: Type.Optional(Type.Object({ header: HeaderName }, closed)),
    logoutPath: Type.Optional(Type.String()),
    passThroughAuthHeader: Type.Optional(Type.Boolean()),
    provider: OidcProvider,
    redirectURL: Type.Optional(Type.String()),
    refreshToken: Type.Optional(Type.Boolean()),
    resources: Type.Optional(Type.Array(Type.String())),
    scopes: Type.Optional(Type.Array(Type.String())),
  },
  closed,
);

export const SecurityPolicyDocument = DocumentOf(
  Type.Object(
    {
      apiKeyAuth: Type.Optional(ApiKeyAuth),
      authorization: Type.Optional(Authorization),
      basicAuth: Type.Optional(BasicAuth),
      cors: Type.Optional(Cors),
      csrf: Type.Optional(Csrf),
      extAuth: Type.Optional(ExtAuth),
      jwt: Type.Optional(Jwt),
      mergeType: Type.Optional(
        Type.Enum(['StrategicMerge', 'JSONMerge'], {
          description:
            'joins the policy of a route to the closest one of its Gateway; without it that one does not count',
        }),
      ),
      oidc: Type.Optional(Oidc),
      targetRef: Type.Optional(PolicyTargetReference),
      targetRefs: Type.Optional(Type.Array(PolicyTargetReference)),
      targetSelectors: Type.Optional(Type.Array(TargetSelector)),
    },
    closed,
  ),
);
export type SecurityPolicyDocument = Static<typeof SecurityPolicyDocument>;
export type SecurityPolicySpec = SecurityPolicyDocument['spec'];
