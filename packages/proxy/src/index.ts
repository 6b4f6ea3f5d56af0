/** The data plane: one sidecar or gateway, driven by a control plane or by a snapshot that is passed in. */
export type { IdentityMaterial } from './identity/identity.ts';
export type {
  ControlPlaneSource,
  ProxyOptions,
  ProxySettings,
  RunningProxy,
  StaticSource,
} from './options.ts';
export { runProxy } from './run-proxy.ts';
export { systemRuntime, type Runtime } from './runtime.ts';
