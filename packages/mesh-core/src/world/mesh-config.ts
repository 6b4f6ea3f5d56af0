import {
  type ConfigMapDocument,
  type ExtensionProvider,
  type HttpRetry,
  type LocalityLbSetting,
  MeshConfig,
  type TcpKeepalive,
} from '@heddle/schema';
import type { Origin, PathNormalization, PerMillion } from '@heddle/traffic';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { kubernetesYaml } from '../documents/kubernetes-yaml.ts';
import { sizeError } from '../documents/size.ts';
import { DocumentMemo } from './document-memo.ts';
import { originOf, type Typed } from './documents.ts';
import { durationMs } from './duration.ts';

/** Settings that a person makes in the mesh itself, by a ConfigMap. */
export interface ConfiguredSettings {
  readonly rootNamespace: string;
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly serviceExportTo: readonly string[];
  readonly virtualServiceExportTo: readonly string[];
  readonly destinationRuleExportTo: readonly string[];
  /** Of routes that say nothing of retries; undefined is Istio's own. */
  readonly defaultHttpRetryPolicy?: HttpRetry;
  /** Whom policies may name that ask somebody outside of the proxy. */
  readonly extensionProviders: readonly ConfiguredProvider[];
  readonly trustDomain: string;
  /** Whose identities count as those of the trust domain. */
  readonly trustDomainAliases: readonly string[];
  /** undefined: BASE, and our proxies refuse paths that servers may read in two ways. */
  readonly pathNormalization?: PathNormalization;
  /** Clients speak mTLS to whoever takes it; if not, only where a DestinationRule asks for it. */
  readonly autoMtls: boolean;
  /** Of mTLS inside of the mesh; undefined is TLS 1.2. */
  readonly minMeshTlsVersion?: 'TLSv1_3';
  /** Of gateways' servers that do not say it themselves. */
  readonly tlsDefaults?: NonNullable<MeshConfig['tlsDefaults']>;
  /** Of services whose DestinationRule does not say it. */
  readonly connectTimeoutMs: number;
  readonly connectionDefaults?: ConnectionDefaults;
  /** The share of requests that is traced where no Telemetry says it; undefined is all. */
  readonly tracingShare?: PerMillion;
  /** How many proxies before a gateway tell the client's address. */
  readonly trustedHops?: number;
  /** Labels of the namespaces that are looked at; undefined: all. */
  readonly discoverySelectors?: NonNullable<MeshConfig['discoverySelectors']>;
}

/** What a DestinationRule may say of a service, for all that do not say it. */
export interface ConnectionDefaults {
  readonly tcpKeepalive?: TcpKeepalive;
  readonly h2UpgradePolicy?: 'DO_NOT_UPGRADE' | 'UPGRADE';
  readonly localityLbSetting?: LocalityLbSetting;
}

export interface ConfiguredProvider {
  readonly provider: ExtensionProvider;
  readonly from: Origin;
}

const validator = Compile(MeshConfig);
const configured = new DocumentMemo<object>();

/** The mesh's own ConfigMap: `istio` in the root namespace. */
export function meshConfigMap(
  configMaps: readonly Typed<ConfigMapDocument>[],
  rootNamespace: string,
): Typed<ConfigMapDocument> | undefined {
  return configMaps.find(({ key }) => key.name === 'istio' && key.namespace === rootNamespace);
}

/** What stands under `data.mesh`; undefined when it is no YAML of an object. */
export function readMeshConfig({
  object,
}: Typed<ConfigMapDocument>): Readonly<Record<string, unknown>> | undefined {
  const text = object.data?.['mesh'] ?? '{}';
  if (sizeError(text) !== undefined) return undefined;
  try {
    const value: unknown = parse(text, { ...kubernetesYaml, maxAliasCount: 100 });
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Fields of the wrong form, by name. */
export function invalidMeshFields(config: object): string[] {
  const names = [...validator.Errors(config)].map(({ instancePath }) => instancePath.split('/')[1] ?? '');
  return [...new Set(names)];
}

/**
 * The settings with what the ConfigMap changes; the same object for the same ConfigMap.
 * Fields of the wrong form are left out, and told by validation.
 */
export function withMeshConfig<S extends ConfiguredSettings>(
  settings: S,
  configMaps: readonly Typed<ConfigMapDocument>[],
): S {
  const document = meshConfigMap(configMaps, settings.rootNamespace);
  if (document === undefined) return settings;
  const changes = configured.get(settings, [document], '', () => ({ ...settings, ...changesOf(document) }));
  // The memo keeps for these settings only what was made from them.
  return changes as S; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

function changesOf(document: Typed<ConfigMapDocument>): Partial<ConfiguredSettings> {
  const written = readMeshConfig(document) ?? {};
  const invalid = new Set(invalidMeshFields(written));
  const config: unknown = Object.fromEntries(Object.entries(written).filter(([name]) => !invalid.has(name)));
  if (!validator.Check(config)) return {};
  return {
    ...routingChanges(config),
    ...securityChanges(config, document),
    ...connectionChanges(config),
  };
}

function routingChanges(config: MeshConfig): Partial<ConfiguredSettings> {
  const { rootNamespace, outboundTrafficPolicy, defaultHttpRetryPolicy, discoverySelectors } = config;
  const serviceExportTo = config.defaultServiceExportTo;
  const virtualServiceExportTo = config.defaultVirtualServiceExportTo;
  const destinationRuleExportTo = config.defaultDestinationRuleExportTo;
  const { mode = 'REGISTRY_ONLY' } = outboundTrafficPolicy ?? {};
  const pathNormalization = config.pathNormalization?.normalization;
  return {
    ...(rootNamespace ? { rootNamespace } : {}),
    ...(outboundTrafficPolicy === undefined
      ? {}
      : { outboundTrafficPolicy: mode === 'REGISTRY_ONLY' ? mode : 'ALLOW_ANY' }),
    ...(serviceExportTo === undefined ? {} : { serviceExportTo }),
    ...(virtualServiceExportTo === undefined ? {} : { virtualServiceExportTo }),
    ...(destinationRuleExportTo === undefined ? {} : { destinationRuleExportTo }),
    ...(defaultHttpRetryPolicy === undefined ? {} : { defaultHttpRetryPolicy }),
    ...(pathNormalization === undefined || pathNormalization === 'DEFAULT' ? {} : { pathNormalization }),
    ...(discoverySelectors === undefined || discoverySelectors.length === 0 ? {} : { discoverySelectors }),
  };
}

function securityChanges(
  { extensionProviders, trustDomain, trustDomainAliases, enableAutoMtls, meshMTLS, tlsDefaults }: MeshConfig,
  document: Typed<ConfigMapDocument>,
): Partial<ConfiguredSettings> {
  return {
    ...(extensionProviders === undefined
      ? {}
      : {
          extensionProviders: extensionProviders.map((provider) => ({
            provider,
            from: originOf(document, 'data.mesh'),
          })),
        }),
    ...(trustDomain === undefined ? {} : { trustDomain }),
    ...(trustDomainAliases === undefined ? {} : { trustDomainAliases }),
    ...(enableAutoMtls === undefined ? {} : { autoMtls: enableAutoMtls }),
    ...(meshMTLS?.minProtocolVersion === 'TLSV1_3' ? { minMeshTlsVersion: 'TLSv1_3' } : {}),
    ...(tlsDefaults === undefined ? {} : { tlsDefaults }),
  };
}

function connectionChanges(config: MeshConfig): Partial<ConfiguredSettings> {
  const { tcpKeepalive, h2UpgradePolicy, localityLbSetting, enableTracing, defaultConfig } = config;
  const connectTimeoutMs =
    config.connectTimeout === undefined ? undefined : durationMs(config.connectTimeout);
  const trustedHops = defaultConfig?.gatewayTopology?.numTrustedProxies ?? 0;
  const sampling = enableTracing === false ? 0 : defaultConfig?.tracing?.sampling;
  const connectionDefaults: ConnectionDefaults = {
    ...(tcpKeepalive === undefined ? {} : { tcpKeepalive }),
    ...(h2UpgradePolicy === undefined ? {} : { h2UpgradePolicy }),
    ...(localityLbSetting === undefined ? {} : { localityLbSetting }),
  };
  return {
    ...(connectTimeoutMs === undefined || connectTimeoutMs < 1 ? {} : { connectTimeoutMs }),
    ...(Object.keys(connectionDefaults).length === 0 ? {} : { connectionDefaults }),
    ...(trustedHops === 0 ? {} : { trustedHops }),
    ...(sampling === undefined ? {} : { tracingShare: Math.round(sampling * 10_000) }),
  };
}
