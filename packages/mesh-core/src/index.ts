/** The control plane: store, validate, translate, compile, push. */
export { diffDocument } from './changes/diff.ts';
export { Compiler, Interner } from './compile/snapshot.ts';
export {
  ControlPlane,
  type ControlPlaneEvent,
  type ControlPlaneOptions,
  type WriteMeta,
  type WriteOutcome,
} from './control-plane.ts';
export { withHiddenValues } from './documents/hidden-values.ts';
export { coreGroup, keyText, keyWords } from './documents/key.ts';
export { knownKind, knownKinds, type KnownKind, type Support } from './documents/kinds.ts';
export { type JsonObject, type ParsedDocument, parseDocuments, type SourceText } from './documents/parse.ts';
export { explainDocuments, type DocumentsExplainer } from './explain/explain-documents.ts';
export { type ExplainAnswer, Explainer } from './explain/explain.ts';
export { replay, type ReplayedShape, type ReplayResult } from './forecast/replay.ts';
export {
  type CertificateAuthority,
  EnrolmentTokens,
  type IssuedCertificate,
  openCertificateAuthority,
  type TokenRecord,
  type TokenStore,
} from './identity/index.ts';
export type { DebounceTimers } from './leading-debounce.ts';
export { resourceStatus } from './status/resource-status.ts';
export {
  type ConfigStore,
  type RecordedChange,
  type StoredDocument,
  StoreError,
} from './store/config-store.ts';
export { SqliteConfigStore } from './store/sqlite-config-store.ts';
export {
  GatewayChoiceError,
  standaloneGateway,
  type StandaloneGateway,
  UnprotectedError,
} from './standalone.ts';
export { type DocumentResult, validateDocuments } from './validate/validate-documents.ts';
export { validateWorld } from './validate/validate.ts';
export { routingOf } from './service-routing.ts';
export { instancesView, topologyOf } from './views.ts';
export type { WorkloadInstance } from './world/instance.ts';
export { groupRefusal } from './world/workload-groups.ts';
export {
  defaultSettings,
  type MeshService,
  type MeshSettings,
  World,
  type WorldDocument,
} from './world/world.ts';
