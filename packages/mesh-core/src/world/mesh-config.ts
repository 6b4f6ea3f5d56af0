import { type ConfigMapDocument, type ExtensionProvider, type HttpRetry, MeshConfig } from '@heddle/schema';
import type { Origin } from '@heddle/traffic';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { kubernetesYaml } from '../documents/kubernetes-yaml.ts';
import { sizeError } from '../documents/size.ts';
import { DocumentMemo } from './document-memo.ts';
import { originOf, type Typed } from './documents.ts';

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
  const { rootNamespace, outboundTrafficPolicy, defaultHttpRetryPolicy, extensionProviders } = config;
  const serviceExportTo = config.defaultServiceExportTo;
  const virtualServiceExportTo = config.defaultVirtualServiceExportTo;
  const destinationRuleExportTo = config.defaultDestinationRuleExportTo;
  return {
    ...(rootNamespace ? { rootNamespace } : {}),
    ...(outboundTrafficPolicy === undefined
      ? {}
      : { outboundTrafficPolicy: outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY' }),
    ...(serviceExportTo === undefined ? {} : { serviceExportTo }),
    ...(virtualServiceExportTo === undefined ? {} : { virtualServiceExportTo }),
    ...(destinationRuleExportTo === undefined ? {} : { destinationRuleExportTo }),
    ...(defaultHttpRetryPolicy === undefined ? {} : { defaultHttpRetryPolicy }),
    ...(extensionProviders === undefined
      ? {}
      : {
          extensionProviders: extensionProviders.map((provider) => ({
            provider,
            from: originOf(document, 'data.mesh'),
          })),
        }),
  };
}
