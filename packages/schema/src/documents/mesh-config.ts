/** istio.mesh.v1alpha1 MeshConfig, as far as the mesh acts on it: the key `mesh` of the ConfigMap `istio` in the root namespace. */
import Type, { type Static } from 'typebox';
import { ExtensionProvider } from './extension-provider.ts';
import { HttpRetry } from './istio-networking.ts';

const ExportTo = Type.Array(Type.String());

export const MeshConfig = Type.Object({
  rootNamespace: Type.Optional(
    Type.String({ description: 'policies in this namespace hold for the whole mesh; istio-system' }),
  ),
  outboundTrafficPolicy: Type.Optional(
    Type.Object({
      mode: Type.Optional(
        Type.Enum(['REGISTRY_ONLY', 'ALLOW_ANY'], {
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
});
export type MeshConfig = Static<typeof MeshConfig>;

/** The fields that the mesh acts on. Others are stored, and named by a finding. */
export const meshConfigFields: readonly string[] = Object.keys(MeshConfig.properties);
