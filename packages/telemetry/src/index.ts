/** Live rollups, the frames that feed them, and traces. */
export { type Cell, type CellCounts, type CellKey, isError } from './live/cell.ts';
export { decodeFrame, encodeFrame, FrameError } from './live/frame.ts';
export { bucketOf, DenseHistogram, type SparseBuckets } from './live/histogram.ts';
export { CellRecorder, type Sample } from './live/recorder.ts';
