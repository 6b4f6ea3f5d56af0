/** Live rollups, the frames that feed them, the service graph, and traces. */
export { encodeFacts, isFactFrame, readFacts } from './facts/fact-frame.ts';
export { FactRing, type RingCoverage, type ShapeCount } from './facts/fact-ring.ts';
export { Breakdown, type Selection } from './graph/breakdown.ts';
export { type GraphDelta, graphDelta } from './graph/delta.ts';
export { buildGraph, type GraphQuery } from './graph/graph.ts';
export { outsideId, parseSpiffeId } from './graph/parties.ts';
export type { Topology, TopologyService, TopologyWorkload } from './graph/topology.ts';
export { type Cell, type CellCounts, type CellKey, isError } from './live/cell.ts';
export { decodeFrame, encodeFrame, FrameError } from './live/frame.ts';
export { percent } from './live/health.ts';
export { bucketOf, DenseHistogram, type SparseBuckets } from './live/histogram.ts';
export { CellRecorder, type Sample } from './live/recorder.ts';
export { RollupRing, type RollupRingOptions } from './live/ring.ts';
export { decodeJsonTraces } from './otlp/json.ts';
export { decodeProtobufTraces } from './otlp/protobuf.ts';
export { OtlpError, type OtlpSpan, toSpan } from './otlp/span.ts';
export { type TraceQuery, TraceStore } from './traces/trace-store.ts';
