/** gateway.networking.k8s.io: the kinds of the Kubernetes Gateway API, in its words, with the structural limits of its definitions. */
import Type, { type Static, type TSchema } from 'typebox';
import { closed, DocumentOf, Labels } from './metadata.ts';

const dnsName = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const Group = Type.String({
  maxLength: 253,
  pattern: `^$|^${dnsName}$`,
  description: '"" is the core group',
});
const Kind = Type.String({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' });
const Name = Type.String({ minLength: 1, maxLength: 253 });
const Namespace = Type.String({ minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' });
const SectionName = Type.String({ minLength: 1, maxLength: 253, pattern: `^${dnsName}$` });
const PortNumber = Type.Integer({ minimum: 1, maximum: 65535 });
const PreciseHostname = Type.String({ minLength: 1, maxLength: 253, pattern: `^${dnsName}$` });
const Hostname = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: `^(\\*\\.)?${dnsName}$`,
  description: 'a name, or `*.` and a name: one or more labels in place of the star',
});
/** `500ms`, `2s`, `1h30m`. */
const GatewayDuration = Type.String({
  pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$',
  description: 'a duration such as 500ms, 10s or 1h30m (GEP-2257)',
});
const HeaderName = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
});
const HeaderValue = Type.String({
  minLength: 1,
  maxLength: 4096,
  pattern: '^[!-~]+([\\t ]?[!-~]+)*$',
});

const list = <T extends TSchema>(item: T, maxItems: number, minItems = 0) =>
  Type.Optional(Type.Array(item, { minItems, maxItems }));

export const ParentReference = Type.Object(
  {
    group: Type.Optional(Group),
    kind: Type.Optional(Kind),
    namespace: Type.Optional(Namespace),
    name: Name,
    sectionName: Type.Optional(SectionName),
    port: Type.Optional(PortNumber),
  },
  closed,
);
export type ParentReference = Static<typeof ParentReference>;

const backendObject = {
  group: Type.Optional(Group),
  kind: Type.Optional(Kind),
  name: Name,
  namespace: Type.Optional(Namespace),
  port: Type.Optional(PortNumber),
};
const BackendObjectReference = Type.Object(backendObject, closed);
export type BackendObjectReference = Static<typeof BackendObjectReference>;
const Weight = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description: 'proportion of the sum; default 1',
});

export const BackendRef = Type.Object({ ...backendObject, weight: Type.Optional(Weight) }, closed);
export type BackendRef = Static<typeof BackendRef>;

const HttpHeader = Type.Object({ name: HeaderName, value: HeaderValue }, closed);
export const HttpHeaderFilter = Type.Object(
  {
    set: list(HttpHeader, 16),
    add: list(HttpHeader, 16),
    remove: list(Type.String(), 16),
  },
  closed,
);
export type HttpHeaderFilter = Static<typeof HttpHeaderFilter>;

const HttpPathModifier = Type.Object(
  {
    type: Type.Enum(['ReplaceFullPath', 'ReplacePrefixMatch']),
    replaceFullPath: Type.Optional(Type.String({ maxLength: 1024 })),
    replacePrefixMatch: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  closed,
);
export type HttpPathModifier = Static<typeof HttpPathModifier>;

export const HttpRequestRedirectFilter = Type.Object(
  {
    scheme: Type.Optional(Type.Enum(['http', 'https'])),
    hostname: Type.Optional(PreciseHostname),
    path: Type.Optional(HttpPathModifier),
    port: Type.Optional(PortNumber),
    statusCode: Type.Optional(Type.Enum([301, 302, 303, 307, 308])),
  },
  closed,
);
export type HttpRequestRedirectFilter = Static<typeof HttpRequestRedirectFilter>;

export const HttpUrlRewriteFilter = Type.Object(
  { hostname: Type.Optional(PreciseHostname), path: Type.Optional(HttpPathModifier) },
  closed,
);
export type HttpUrlRewriteFilter = Static<typeof HttpUrlRewriteFilter>;

export const HttpRequestMirrorFilter = Type.Object(
  {
    backendRef: BackendObjectReference,
    percent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    fraction: Type.Optional(
      Type.Object(
        {
          numerator: Type.Integer({ minimum: 0 }),
          denominator: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type HttpRequestMirrorFilter = Static<typeof HttpRequestMirrorFilter>;

const origin =
  '(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)(:([0-9]{1,5}))?)$)';
export const HttpCorsFilter = Type.Object(
  {
    allowOrigins: list(Type.String({ minLength: 1, maxLength: 253, pattern: origin }), 64),
    allowCredentials: Type.Optional(Type.Boolean()),
    allowMethods: list(
      Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*']),
      9,
    ),
    allowHeaders: list(HeaderName, 64),
    exposeHeaders: list(HeaderName, 64),
    maxAge: Type.Optional(Type.Integer({ minimum: 1, description: 'seconds; default 5' })),
  },
  closed,
);
export type HttpCorsFilter = Static<typeof HttpCorsFilter>;

const LocalObjectReference = Type.Object({ group: Group, kind: Kind, name: Name }, closed);
const ExternalAuthFilter = Type.Object(
  {
    protocol: Type.Enum(['HTTP', 'GRPC']),
    backendRef: BackendObjectReference,
    grpc: Type.Optional(Type.Object({ allowedHeaders: list(Type.String(), 64) }, closed)),
    http: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(Type.String({ maxLength: 1024 })),
          allowedHeaders: list(Type.String(), 64),
          allowedResponseHeaders: list(Type.String(), 64),
        },
        closed,
      ),
    ),
    forwardBody: Type.Optional(Type.Object({ maxSize: Type.Optional(Type.Integer({ minimum: 0 })) }, closed)),
  },
  closed,
);

export const HttpRouteFilter = Type.Object(
  {
    type: Type.Enum([
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestMirror',
      'RequestRedirect',
      'URLRewrite',
      'ExtensionRef',
      'CORS',
      'ExternalAuth',
    ]),
    requestHeaderModifier: Type.Optional(HttpHeaderFilter),
    responseHeaderModifier: Type.Optional(HttpHeaderFilter),
    requestMirror: Type.Optional(HttpRequestMirrorFilter),
    requestRedirect: Type.Optional(HttpRequestRedirectFilter),
    urlRewrite: Type.Optional(HttpUrlRewriteFilter),
    cors: Type.Optional(HttpCorsFilter),
    externalAuth: Type.Optional(ExternalAuthFilter),
    extensionRef: Type.Optional(LocalObjectReference),
  },
  closed,
);
export type HttpRouteFilter = Static<typeof HttpRouteFilter>;

const ValueMatchType = Type.Optional(Type.Enum(['Exact', 'RegularExpression']));
const HttpHeaderMatch = Type.Object({ type: ValueMatchType, name: HeaderName, value: HeaderValue }, closed);
const HttpQueryParamMatch = Type.Object(
  { type: ValueMatchType, name: HeaderName, value: Type.String({ minLength: 1, maxLength: 1024 }) },
  closed,
);

export const HttpRouteMatch = Type.Object(
  {
    path: Type.Optional(
      Type.Object(
        {
          type: Type.Optional(Type.Enum(['Exact', 'PathPrefix', 'RegularExpression'])),
          value: Type.Optional(Type.String({ maxLength: 1024, description: 'default /' })),
        },
        closed,
      ),
    ),
    headers: list(HttpHeaderMatch, 16),
    queryParams: list(HttpQueryParamMatch, 16),
    method: Type.Optional(
      Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']),
    ),
  },
  closed,
);
export type HttpRouteMatch = Static<typeof HttpRouteMatch>;

const SessionPersistence = Type.Object(
  {
    sessionName: Type.Optional(Type.String({ maxLength: 128 })),
    type: Type.Optional(Type.Enum(['Cookie', 'Header'])),
    absoluteTimeout: Type.Optional(GatewayDuration),
    idleTimeout: Type.Optional(GatewayDuration),
    cookieConfig: Type.Optional(
      Type.Object({ lifetimeType: Type.Optional(Type.Enum(['Permanent', 'Session'])) }, closed),
    ),
  },
  closed,
);
export type SessionPersistence = Static<typeof SessionPersistence>;

const HttpBackendRef = Type.Object(
  { ...backendObject, weight: Type.Optional(Weight), filters: list(HttpRouteFilter, 16) },
  closed,
);

export const HttpRouteTimeouts = Type.Object(
  { request: Type.Optional(GatewayDuration), backendRequest: Type.Optional(GatewayDuration) },
  closed,
);
export const HttpRouteRetry = Type.Object(
  {
    codes: Type.Optional(Type.Array(Type.Integer({ minimum: 400, maximum: 599 }))),
    attempts: Type.Optional(Type.Integer({ minimum: 1 })),
    backoff: Type.Optional(GatewayDuration),
  },
  closed,
);

export const HttpRouteRule = Type.Object(
  {
    name: Type.Optional(SectionName),
    matches: list(HttpRouteMatch, 64),
    filters: list(HttpRouteFilter, 16),
    backendRefs: list(HttpBackendRef, 16),
    timeouts: Type.Optional(HttpRouteTimeouts),
    retry: Type.Optional(HttpRouteRetry),
    sessionPersistence: Type.Optional(SessionPersistence),
  },
  closed,
);
export type HttpRouteRule = Static<typeof HttpRouteRule>;

const parents = {
  parentRefs: list(ParentReference, 32),
  useDefaultGateways: Type.Optional(Type.Enum(['All', 'None'])),
};

export const HttpRouteDocument = DocumentOf(
  Type.Object({ ...parents, hostnames: list(Hostname, 16), rules: list(HttpRouteRule, 16, 1) }, closed),
);
export type HttpRouteDocument = Static<typeof HttpRouteDocument>;

const GrpcRouteFilter = Type.Object(
  {
    type: Type.Enum(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror', 'ExtensionRef']),
    requestHeaderModifier: Type.Optional(HttpHeaderFilter),
    responseHeaderModifier: Type.Optional(HttpHeaderFilter),
    requestMirror: Type.Optional(HttpRequestMirrorFilter),
    extensionRef: Type.Optional(LocalObjectReference),
  },
  closed,
);
const GrpcHeaderMatch = Type.Object(
  { type: ValueMatchType, name: HeaderName, value: Type.String({ minLength: 1, maxLength: 4096 }) },
  closed,
);
export const GrpcRouteMatch = Type.Object(
  {
    method: Type.Optional(
      Type.Object(
        {
          type: ValueMatchType,
          service: Type.Optional(Type.String({ maxLength: 1024 })),
          method: Type.Optional(Type.String({ maxLength: 1024 })),
        },
        closed,
      ),
    ),
    headers: list(GrpcHeaderMatch, 16),
  },
  closed,
);
export type GrpcRouteMatch = Static<typeof GrpcRouteMatch>;

export const GrpcRouteRule = Type.Object(
  {
    name: Type.Optional(SectionName),
    matches: list(GrpcRouteMatch, 64),
    filters: list(GrpcRouteFilter, 16),
    backendRefs: list(
      Type.Object(
        { ...backendObject, weight: Type.Optional(Weight), filters: list(GrpcRouteFilter, 16) },
        closed,
      ),
      16,
    ),
    sessionPersistence: Type.Optional(SessionPersistence),
  },
  closed,
);
export type GrpcRouteRule = Static<typeof GrpcRouteRule>;

export const GrpcRouteDocument = DocumentOf(
  Type.Object({ ...parents, hostnames: list(Hostname, 16), rules: list(GrpcRouteRule, 16) }, closed),
);
export type GrpcRouteDocument = Static<typeof GrpcRouteDocument>;

export const ConnectionRule = Type.Object(
  {
    name: Type.Optional(SectionName),
    backendRefs: Type.Array(BackendRef, { minItems: 1, maxItems: 16 }),
  },
  closed,
);

export type ConnectionRule = Static<typeof ConnectionRule>;

/** Version v1alpha2 takes several rules, of which the first one acts. */
export const TcpRouteDocument = DocumentOf(
  Type.Object({ ...parents, rules: Type.Array(ConnectionRule, { minItems: 1, maxItems: 16 }) }, closed),
);
export type TcpRouteDocument = Static<typeof TcpRouteDocument>;
export const UdpRouteDocument = TcpRouteDocument;

export const TlsRouteDocument = DocumentOf(
  Type.Object(
    {
      ...parents,
      hostnames: list(Hostname, 1024),
      rules: Type.Array(ConnectionRule, { minItems: 1, maxItems: 16 }),
    },
    closed,
  ),
);
export type TlsRouteDocument = Static<typeof TlsRouteDocument>;

const LabelSelector = Type.Object(
  {
    matchLabels: Type.Optional(Labels),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            key: Type.String(),
            operator: Type.String({ description: 'In, NotIn, Exists or DoesNotExist' }),
            values: Type.Optional(Type.Array(Type.String())),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
);
export type LabelSelector = Static<typeof LabelSelector>;

const RouteNamespaces = Type.Object(
  {
    from: Type.Optional(Type.Enum(['All', 'Selector', 'Same', 'None'])),
    selector: Type.Optional(LabelSelector),
  },
  closed,
);
export type RouteNamespaces = Static<typeof RouteNamespaces>;

const SecretObjectReference = Type.Object(
  {
    group: Type.Optional(Group),
    kind: Type.Optional(Kind),
    name: Name,
    namespace: Type.Optional(Namespace),
  },
  closed,
);
export type SecretObjectReference = Static<typeof SecretObjectReference>;
const CaReference = Type.Object(
  { group: Group, kind: Kind, name: Name, namespace: Type.Optional(Namespace) },
  closed,
);
const FrontendTls = Type.Object(
  {
    validation: Type.Optional(
      Type.Object(
        {
          caCertificateRefs: Type.Array(CaReference, { minItems: 1, maxItems: 16 }),
          mode: Type.Optional(Type.Enum(['AllowValidOnly', 'AllowInsecureFallback'])),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const GatewayListener = Type.Object(
  {
    name: SectionName,
    hostname: Type.Optional(Hostname),
    port: PortNumber,
    protocol: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: `^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|${dnsName}\\/[A-Za-z0-9]+$`,
      description: 'HTTP, HTTPS, TLS, TCP or UDP',
    }),
    tls: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(Type.Enum(['Terminate', 'Passthrough'])),
          certificateRefs: list(SecretObjectReference, 64),
          options: Type.Optional(
            Type.Record(Type.String(), Type.String({ maxLength: 4096 }), { maxProperties: 16 }),
          ),
          frontendValidation: Type.Optional(
            Type.Object({ caCertificateRefs: list(CaReference, 16) }, closed),
          ),
        },
        closed,
      ),
    ),
    allowedRoutes: Type.Optional(
      Type.Object(
        {
          namespaces: Type.Optional(RouteNamespaces),
          kinds: list(Type.Object({ group: Type.Optional(Group), kind: Kind }, closed), 8),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type GatewayListener = Static<typeof GatewayListener>;

export const KubernetesGatewayDocument = DocumentOf(
  Type.Object(
    {
      gatewayClassName: Name,
      listeners: Type.Array(GatewayListener, { minItems: 1, maxItems: 64 }),
      addresses: list(
        Type.Object(
          {
            type: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 253,
                pattern: `^Hostname|IPAddress|NamedAddress|${dnsName}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
                description:
                  'IPAddress, which is the default, Hostname, or a type of somebody else as example.com/type',
              }),
            ),
            value: Type.Optional(Type.String({ maxLength: 253 })),
          },
          closed,
        ),
        16,
      ),
      infrastructure: Type.Optional(
        Type.Object(
          {
            labels: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 63 }))),
            annotations: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 4096 }))),
            parametersRef: Type.Optional(LocalObjectReference),
          },
          closed,
        ),
      ),
      allowedListeners: Type.Optional(Type.Object({ namespaces: Type.Optional(RouteNamespaces) }, closed)),
      backendTLS: Type.Optional(
        Type.Object({ clientCertificateRef: Type.Optional(SecretObjectReference) }, closed),
      ),
      defaultScope: Type.Optional(Type.Enum(['All', 'None'])),
      tls: Type.Optional(
        Type.Object(
          {
            backend: Type.Optional(
              Type.Object({ clientCertificateRef: Type.Optional(SecretObjectReference) }, closed),
            ),
            frontend: Type.Optional(
              Type.Object(
                {
                  default: FrontendTls,
                  perPort: list(Type.Object({ port: PortNumber, tls: FrontendTls }, closed), 64),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);
export type KubernetesGatewayDocument = Static<typeof KubernetesGatewayDocument>;

/** Listeners that somebody adds to the Gateway of somebody else (GEP-1713). */
export const ListenerSetDocument = DocumentOf(
  Type.Object(
    {
      parentRef: Type.Object(
        {
          group: Type.Optional(Group),
          kind: Type.Optional(Kind),
          name: Name,
          namespace: Type.Optional(Namespace),
        },
        closed,
      ),
      listeners: Type.Array(GatewayListener, { minItems: 1, maxItems: 64 }),
    },
    closed,
  ),
);
export type ListenerSetDocument = Static<typeof ListenerSetDocument>;

export const GatewayClassDocument = DocumentOf(
  Type.Object(
    {
      controllerName: Type.String({
        minLength: 1,
        maxLength: 253,
        pattern: `^${dnsName}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
      }),
      description: Type.Optional(Type.String({ maxLength: 64 })),
      parametersRef: Type.Optional(
        Type.Object({ group: Group, kind: Kind, name: Name, namespace: Type.Optional(Namespace) }, closed),
      ),
    },
    closed,
  ),
);
export type GatewayClassDocument = Static<typeof GatewayClassDocument>;

export const ReferenceGrantDocument = DocumentOf(
  Type.Object(
    {
      from: Type.Array(Type.Object({ group: Group, kind: Kind, namespace: Namespace }, closed), {
        minItems: 1,
        maxItems: 16,
      }),
      to: Type.Array(Type.Object({ group: Group, kind: Kind, name: Type.Optional(Name) }, closed), {
        minItems: 1,
        maxItems: 16,
      }),
    },
    closed,
  ),
);
export type ReferenceGrantDocument = Static<typeof ReferenceGrantDocument>;

const PolicyTarget = Type.Object(
  { group: Group, kind: Kind, name: Name, sectionName: Type.Optional(SectionName) },
  closed,
);

export const BackendTlsPolicyDocument = DocumentOf(
  Type.Object(
    {
      targetRefs: Type.Array(PolicyTarget, { minItems: 1, maxItems: 16 }),
      validation: Type.Object(
        {
          caCertificateRefs: list(LocalObjectReference, 8),
          wellKnownCACertificates: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 253,
              pattern: `^(System|(${dnsName}/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$`,
            }),
          ),
          hostname: PreciseHostname,
          subjectAltNames: list(
            Type.Object(
              {
                type: Type.Enum(['Hostname', 'URI']),
                hostname: Type.Optional(Hostname),
                uri: Type.Optional(
                  Type.String({
                    minLength: 1,
                    maxLength: 253,
                    pattern: '^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?',
                    description: 'with scheme and authority: spiffe://cluster.local/ns/shop/sa/cart',
                  }),
                ),
              },
              closed,
            ),
            5,
          ),
        },
        closed,
      ),
      options: Type.Optional(
        Type.Record(Type.String(), Type.String({ maxLength: 4096 }), { maxProperties: 16 }),
      ),
    },
    closed,
  ),
);
export type BackendTlsPolicyDocument = Static<typeof BackendTlsPolicyDocument>;

/** gateway.networking.x-k8s.io: retry budgets (GEP-3388) and sessions for all routes to a Service. */
export const XBackendTrafficPolicyDocument = DocumentOf(
  Type.Object(
    {
      targetRefs: Type.Array(LocalObjectReference, { minItems: 1, maxItems: 16 }),
      retryConstraint: Type.Optional(
        Type.Object(
          {
            budget: Type.Optional(
              Type.Object(
                {
                  percent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
                  interval: Type.Optional(GatewayDuration),
                },
                closed,
              ),
            ),
            minRetryRate: Type.Optional(
              Type.Object(
                {
                  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
                  interval: Type.Optional(GatewayDuration),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
      ),
      sessionPersistence: Type.Optional(SessionPersistence),
    },
    closed,
  ),
);
export type XBackendTrafficPolicyDocument = Static<typeof XBackendTrafficPolicyDocument>;
