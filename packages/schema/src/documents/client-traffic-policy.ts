/** ClientTrafficPolicy of Envoy Gateway: how clients reach a gateway. */
import Type, { type Static } from 'typebox';
import {
  Cidr,
  Duration,
  Empty,
  HeaderValue,
  Http2,
  ObjectReference,
  PolicyTargetReference,
  Quantity,
  StringMatch,
  TargetSelector,
  TcpKeepalive,
} from './envoy-gateway-settings.ts';
import { closed, DocumentOf, Int32 } from './metadata.ts';

const ClientIpDetection = Type.Object(
  {
    customHeader: Type.Optional(
      Type.Object(
        {
          failClosed: Type.Optional(Type.Boolean()),
          name: Type.String({ minLength: 1, maxLength: 255, pattern: '^[A-Za-z0-9-]+$' }),
        },
        closed,
      ),
    ),
    directSourceIP: Type.Optional(Empty),
    xForwardedFor: Type.Optional(
      Type.Object(
        {
          disableXForwardedForAppend: Type.Optional(Type.Boolean()),
          numTrustedHops: Type.Optional(Int32),
          trustedCIDRs: Type.Optional(Type.Array(Cidr, { minItems: 1 })),
        },
        closed,
      ),
    ),
  },
  closed,
);

const ClientConnection = Type.Object(
  {
    bufferLimit: Type.Optional(Quantity),
    connectionLimit: Type.Optional(
      Type.Object(
        {
          closeDelay: Type.Optional(Duration),
          maxConnectionDuration: Type.Optional(Duration),
          maxRequestsPerConnection: Type.Optional(Int32),
          maxStreamDuration: Type.Optional(Duration),
          value: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        closed,
      ),
    ),
    maxAcceptPerSocketEvent: Type.Optional(Int32),
    socketBufferLimit: Type.Optional(Quantity),
  },
  closed,
);

const HeaderFilter = Type.Object(
  {
    add: Type.Optional(Type.Array(HeaderValue, { minItems: 1, maxItems: 64 })),
    addIfAbsent: Type.Optional(Type.Array(HeaderValue, { minItems: 1, maxItems: 64 })),
    remove: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 64 })),
    removeOnMatch: Type.Optional(Type.Array(StringMatch, { minItems: 1, maxItems: 64 })),
    set: Type.Optional(Type.Array(HeaderValue, { minItems: 1, maxItems: 64 })),
  },
  closed,
);

const ClientHeaders = Type.Object(
  {
    disableRateLimitHeaders: Type.Optional(Type.Boolean()),
    earlyRequestHeaders: Type.Optional(HeaderFilter),
    enableEnvoyHeaders: Type.Optional(Type.Boolean()),
    host: Type.Optional(Type.Object({ stripTrailingHostDot: Type.Optional(Type.Boolean()) }, closed)),
    lateResponseHeaders: Type.Optional(HeaderFilter),
    preserveXRequestID: Type.Optional(Type.Boolean()),
    requestID: Type.Optional(Type.Enum(['PreserveOrGenerate', 'Preserve', 'Generate', 'Disable'])),
    withUnderscoresAction: Type.Optional(Type.Enum(['Allow', 'RejectRequest', 'DropHeader'])),
    xForwardedClientCert: Type.Optional(
      Type.Object(
        {
          certDetailsToAdd: Type.Optional(
            Type.Array(Type.Enum(['Subject', 'Cert', 'Chain', 'DNS', 'URI']), { maxItems: 5 }),
          ),
          mode: Type.Optional(
            Type.Enum(['Sanitize', 'ForwardOnly', 'AppendForward', 'SanitizeSet', 'AlwaysForwardOnly']),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

const ClientHttp1 = Type.Object(
  {
    disableSafeMaxConnectionDuration: Type.Optional(Type.Boolean()),
    enableTrailers: Type.Optional(Type.Boolean()),
    http10: Type.Optional(Type.Object({ useDefaultHost: Type.Optional(Type.Boolean()) }, closed)),
    ignoredUpgradeTypes: Type.Optional(Type.Array(StringMatch)),
    preserveHeaderCase: Type.Optional(Type.Boolean()),
  },
  closed,
);

const ClientTimeout = Type.Object(
  {
    http: Type.Optional(
      Type.Object(
        {
          idleTimeout: Type.Optional(Duration),
          requestHeadersReceivedTimeout: Type.Optional(Duration),
          requestReceivedTimeout: Type.Optional(Duration),
          streamIdleTimeout: Type.Optional(Duration),
        },
        closed,
      ),
    ),
    tcp: Type.Optional(
      Type.Object(
        {
          connectionInspectionTimeout: Type.Optional(Duration),
          idleTimeout: Type.Optional(Duration),
          tlsHandshakeTimeout: Type.Optional(Duration),
        },
        closed,
      ),
    ),
  },
  closed,
);

const SubjectAltNames = Type.Object(
  {
    dnsNames: Type.Optional(Type.Array(StringMatch)),
    emailAddresses: Type.Optional(Type.Array(StringMatch)),
    ipAddresses: Type.Optional(Type.Array(StringMatch)),
    otherNames: Type.Optional(
      Type.Array(
        Type.Object(
          {
            oid: Type.String(),
            type: Type.Optional(Type.Enum(['Exact', 'Prefix', 'Suffix', 'RegularExpression'])),
            value: Type.String({ minLength: 1, maxLength: 1024 }),
          },
          closed,
        ),
      ),
    ),
    uris: Type.Optional(Type.Array(StringMatch)),
  },
  closed,
);

const ClientValidation = Type.Object(
  {
    allowExpiredCertificate: Type.Optional(Type.Boolean()),
    caCertificateRefs: Type.Optional(Type.Array(ObjectReference, { maxItems: 8 })),
    certificateHashes: Type.Optional(Type.Array(Type.String())),
    crl: Type.Optional(
      Type.Object(
        {
          onlyVerifyLeafCertificate: Type.Optional(Type.Boolean()),
          refs: Type.Array(ObjectReference, { minItems: 1, maxItems: 8 }),
        },
        closed,
      ),
    ),
    mode: Type.Optional(Type.Enum(['Request', 'RequireAny', 'VerifyIfGiven', 'RequireAndVerify'])),
    optional: Type.Optional(Type.Boolean()),
    spkiHashes: Type.Optional(Type.Array(Type.String())),
    subjectAltNames: Type.Optional(SubjectAltNames),
  },
  closed,
);

const ClientTls = Type.Object(
  {
    alpnProtocols: Type.Optional(Type.Array(Type.String())),
    ciphers: Type.Optional(Type.Array(Type.String())),
    clientValidation: Type.Optional(ClientValidation),
    ecdhCurves: Type.Optional(Type.Array(Type.String())),
    fingerprints: Type.Optional(Type.Array(Type.Enum(['JA3', 'JA4']))),
    maxVersion: Type.Optional(Type.Enum(['Auto', '1.0', '1.1', '1.2', '1.3'])),
    minVersion: Type.Optional(Type.Enum(['Auto', '1.0', '1.1', '1.2', '1.3'])),
    session: Type.Optional(
      Type.Object(
        {
          resumption: Type.Optional(
            Type.Object({ stateful: Type.Optional(Empty), stateless: Type.Optional(Empty) }, closed),
          ),
        },
        closed,
      ),
    ),
    signatureAlgorithms: Type.Optional(Type.Array(Type.String())),
  },
  closed,
);

export const ClientTrafficPolicyDocument = DocumentOf(
  Type.Object(
    {
      clientIPDetection: Type.Optional(ClientIpDetection),
      connection: Type.Optional(ClientConnection),
      enableProxyProtocol: Type.Optional(Type.Boolean()),
      grpc: Type.Optional(Type.Object({ enableWeb: Type.Optional(Type.Boolean()) }, closed)),
      headers: Type.Optional(ClientHeaders),
      healthCheck: Type.Optional(
        Type.Object({ path: Type.String({ minLength: 1, maxLength: 1024 }) }, closed),
      ),
      http1: Type.Optional(ClientHttp1),
      http2: Type.Optional(Http2),
      http3: Type.Optional(Empty),
      path: Type.Optional(
        Type.Object(
          {
            disableMergeSlashes: Type.Optional(Type.Boolean()),
            escapedSlashesAction: Type.Optional(
              Type.Enum(['KeepUnchanged', 'RejectRequest', 'UnescapeAndForward', 'UnescapeAndRedirect']),
            ),
          },
          closed,
        ),
      ),
      proxyProtocol: Type.Optional(Type.Object({ optional: Type.Optional(Type.Boolean()) }, closed)),
      scheme: Type.Optional(Type.Enum(['Preserve', 'MatchBackend'])),
      targetRef: Type.Optional(PolicyTargetReference),
      targetRefs: Type.Optional(Type.Array(PolicyTargetReference)),
      targetSelectors: Type.Optional(Type.Array(TargetSelector)),
      tcpKeepalive: Type.Optional(TcpKeepalive),
      timeout: Type.Optional(ClientTimeout),
      tls: Type.Optional(ClientTls),
    },
    closed,
  ),
);
export type ClientTrafficPolicyDocument = Static<typeof ClientTrafficPolicyDocument>;
export type ClientTrafficPolicySpec = ClientTrafficPolicyDocument['spec'];
