/** Every shape that crosses a process or is written by a person. The browser imports types only. */
export * from './common.ts';
export * from './config.ts';
export * from './documents/gateway-api.ts';
export * from './documents/istio-extensions.ts';
export * from './documents/istio-networking.ts';
export * from './documents/istio-security.ts';
export * from './documents/istio-services.ts';
export * from './documents/istio-telemetry.ts';
export * from './documents/kubernetes.ts';
export * from './documents/mesh-config.ts';
export * from './documents/metadata.ts';
export * from './documents/smi.ts';
export * from './explain.ts';
export * from './graph.ts';
export * from './request-fact.ts';
export * from './service.ts';
export * from './trace.ts';
