/** The API and the parts it joins. Imported by the command line only. */
export { consoleDir } from './console.ts';
export { createMesh, type Mesh, type MeshOptions } from './mesh.ts';
export { createMetrics } from './metrics.ts';
export { type ApiOptions, createApi, createOtlpReceiver } from './server.ts';
export { tokenStoreIn } from './token-records.ts';
export { type Readiness, readinessOf } from './routes/health.ts';
