/** istio.mesh.v1alpha1 MeshConfig, as far as the mesh acts on it: the key `mesh` of the ConfigMap `istio` in the root namespace. */
import Type, { type Static } from 'typebox';
import { ExtensionProvider } from './extension-provider.ts';
import { Duration, HttpRetry, LocalityLbSetting, TcpKeepalive } from './istio-networking.ts';
import { Labels } from './metadata.ts';

const ExportTo = Type.Array(Type.String());

/** As in a SPIFFE ID (SPIFFE-ID §2.1). */
const TrustDomain = Type.String({ pattern: '^[a-z0-9._-]{1,255}$' });

const TlsParameters = Type.Object({
  minProtocolVersion: Type.Optional(Type.Enum(['TLS_AUTO', 'TLSV1_2', 'TLSV1_3'])),
  cipherSuites: Type.Optional(Type.Array(Type.String())),
  ecdhCurves: Type.Optional(Type.Array(Type.String())),
});

export const MeshConfig = Type.Object({
  rootNamespace: Type.Optional(
    Type.String({ description: 'policies in this namespace hold for the whole mesh; istio-system' }),
  ),
  trustDomain: Type.Optional(TrustDomain),
  trustDomainAliases: Type.Optional(
    Type.Array(TrustDomain, {
      maxItems: 100,
      description: 'former or other names of the trust domain: their identities count as those of this one',
    }),
  ),
  outboundTrafficPolicy: Type.Optional(
    Type.Object({
      mode: Type.Optional(
        Type.Enum(['REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS'], {
          description: 'hosts that no document names: refuse them, or pass them through (default)',
        }),
      ),
    }),
  ),
  defaultServiceExportTo: Type.Optional(ExportTo),
  defaultVirtualServiceExportTo: Type.Optional(ExportTo),
  defaultDestinationRuleExportTo: Type.Optional(ExportTo),
  defaultHttpRetryPolicy: Type.Optional(HttpRetry),
  extensionProviders: Type.Optional(Type.Array(ExtensionProvider, { maxItems: 1000 })),
  pathNormalization: Type.Optional(
    Type.Object({
      normalization: Type.Optional(
        Type.Enum(['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'], {
          description: 'of paths, before routes and policies look at them; DEFAULT is BASE',
        }),
      ),
    }),
  ),
  enableAutoMtls: Type.Optional(
    Type.Boolean({ description: 'false: mTLS only towards services whose DestinationRule asks for it' }),
  ),
  meshMTLS: Type.Optional(TlsParameters),
  tlsDefaults: Type.Optional(TlsParameters),
  connectTimeout: Type.Optional(Duration),
  tcpKeepalive: Type.Optional(TcpKeepalive),
  h2UpgradePolicy: Type.Optional(Type.Enum(['DO_NOT_UPGRADE', 'UPGRADE'])),
  localityLbSetting: Type.Optional(LocalityLbSetting),
  enableTracing: Type.Optional(Type.Boolean({ description: 'false: only what a Telemetry says is traced' })),
  defaultConfig: Type.Optional(
    Type.Object({
      tracing: Type.Optional(
        Type.Object({ sampling: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })) }),
      ),
      gatewayTopology: Type.Optional(
        Type.Object({
          numTrustedProxies: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 100,
              description: 'proxies before the gateways whose X-Forwarded-For is believed',
            }),
          ),
        }),
      ),
    }),
  ),
  discoverySelectors: Type.Optional(
    Type.Array(
      Type.Object({
        matchLabels: Type.Optional(Labels),
        matchExpressions: Type.Optional(
          Type.Array(
            Type.Object({
              key: Type.String(),
              operator: Type.Enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
              values: Type.Optional(Type.Array(Type.String())),
            }),
          ),
        ),
      }),
    ),
  ),
});
export type MeshConfig = Static<typeof MeshConfig>;

/** Fields of Istio's that change nothing here. They are stored, and named by a finding. */
export const meshConfigFieldsWithoutEffect: readonly string[] = [
  'accessLogEncoding',
  'accessLogFile',
  'accessLogFormat',
  'ca',
  'caCertificates',
  'certificates',
  'configSources',
  'defaultInboundHttpRetryPolicy',
  'defaultProviders',
  'defaultTrafficPolicy',
  'disableEnvoyListenerLog',
  'dnsRefreshRate',
  'enableEnvoyAccessLogService',
  'enablePrometheusMerge',
  'hboneIdleTimeout',
  'inboundClusterStatName',
  'inboundTrafficPolicy',
  'ingressClass',
  'ingressControllerMode',
  'ingressSelector',
  'ingressService',
  'outboundClusterStatName',
  'protocolDetectionTimeout',
  'proxyHttpPort',
  'proxyInboundListenPort',
  'proxyListenPort',
  'serviceEntryVisibility',
  'serviceScopeConfigs',
  'serviceSettings',
  'verifyCertificateAtClient',
  'zoneAwareLbSetting',
];

/** Handed to Envoys; our own proxies do not act on them yet. */
export const meshConfigFieldsForEnvoys: readonly string[] = [
  'h2UpgradePolicy',
  'localityLbSetting',
  'tcpKeepalive',
];

/** Kinds of extension providers that nobody here asks. */
export const extensionProvidersWithoutEffect: readonly string[] = [
  'datadog',
  'envoyFileAccessLog',
  'envoyHttpAls',
  'envoyOtelAls',
  'envoyTcpAls',
  'lightstep',
  'opencensus',
  'opentelemetry',
  'prometheus',
  'sds',
  'skywalking',
  'stackdriver',
  'zipkin',
];

/** Fields of ProxyConfig, as `defaultConfig`, that change nothing here. */
export const proxyConfigFieldsWithoutEffect: readonly string[] = [
  'availabilityZone',
  'binaryPath',
  'caCertificatesPem',
  'concurrency',
  'configPath',
  'connectionSettings',
  'controlPlaneAuthPolicy',
  'customConfigFile',
  'discoveryAddress',
  'discoveryRefreshDelay',
  'drainDuration',
  'envoyAccessLogService',
  'envoyMetricsService',
  'envoyMetricsServiceAddress',
  'extraStatTags',
  'fileFlushInterval',
  'fileFlushMinSizeKb',
  'holdApplicationUntilProxyStarts',
  'image',
  'interceptionMode',
  'meshId',
  'privateKeyProvider',
  'proxyAdminPort',
  'proxyBootstrapTemplatePath',
  'proxyHeaders',
  'proxyMetadata',
  'proxyStatsMatcher',
  'readinessProbe',
  'runtimeValues',
  'sds',
  'serviceCluster',
  'statNameLength',
  'statsCompression',
  'statsdUdpAddress',
  'statusPort',
  'terminationDrainDuration',
  'tracingServiceName',
  'zipkinAddress',
];
