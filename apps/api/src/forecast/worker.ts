/**
 * Keeps the request facts and replays them, off the thread that answers the API: facts come in as bytes and never leave, and of
 * the stored configuration only what changed is sent.
 */
import { isMainThread, parentPort } from 'node:worker_threads';
import { keyText, replay, type ReplayResult, World, type WorldDocument } from '@heddle/mesh-core';
import { FactFrame, type Forecast } from '@heddle/schema';
import { FactRing, FrameError, readFacts, type RingCoverage } from '@heddle/telemetry';
import { Compile } from 'typebox/compile';
import type { FromWorker, ToWorker } from './protocol.ts';

/** A replay that takes longer is given up where it is, and says so. */
const maxReplayMs = 4000;

const factFrame = Compile(FactFrame);
const ring = new FactRing({ now: () => Date.now() });
const stored = new Map<string, WorldDocument>();

if (isMainThread || parentPort === null) throw new Error('this file is a worker');
const port = parentPort;
port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'facts':
      takeFacts(message.proxyId, message.frame);
      return;
    case 'stored':
      for (const key of message.removed) stored.delete(keyText(key));
      for (const document of message.changed) stored.set(keyText(document.key), document);
      return;
    case 'forecast':
      tell({ kind: 'forecast', id: message.id, forecast: forecastOf(message) });
  }
});

function tell(message: FromWorker): void {
  port.postMessage(message);
}

function takeFacts(proxyId: string, bytes: Uint8Array): void {
  try {
    const frame = readFacts(bytes);
    if (factFrame.Check(frame)) {
      ring.add(proxyId, frame);
      return;
    }
    const [error] = factFrame.Errors(frame);
    tell({ kind: 'refused', proxyId, reason: `${error?.instancePath ?? ''} ${error?.message ?? ''}` });
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    tell({ kind: 'refused', proxyId, reason: error.message });
  }
}

function forecastOf({ candidate, instances, settings }: Extract<ToWorker, { kind: 'forecast' }>): Forecast {
  const startedAt = performance.now();
  ring.prune();
  const then = new Map(stored);
  for (const document of candidate) then.set(keyText(document.key), document);
  const result = replay(
    ring.shapes(),
    new World([...stored.values()], instances, settings),
    new World([...then.values()], instances, settings),
    startedAt + maxReplayMs,
  );
  return {
    replayed: result.replayed,
    coverage: coverageWords(result, ring.coverage(), instances.length),
    changed: [...result.changed],
    tookMs: Math.round((performance.now() - startedAt) * 10) / 10,
  };
}

function coverageWords(result: ReplayResult, coverage: RingCoverage, proxies: number): string {
  const { facts, seen, sinceMs, hidden } = coverage;
  if (sinceMs === undefined) return 'no requests are recorded yet: nothing was tried';
  const minutes = Math.max((Date.now() - sinceMs) / 60_000, 0.1);
  const time = minutes < 2 ? `${Math.round(minutes * 60)} s` : `${Math.round(minutes)} min`;
  const parts = [
    `${facts.toLocaleString('en')} recorded requests of the last ${time} from ${coverage.proxies} of ${proxies} proxies`,
  ];
  if (seen > facts) parts.push(`a sample of ${Math.round((facts / seen) * 100)} % of what they saw`);
  if (result.skipped > 0) {
    parts.push(`${result.skipped.toLocaleString('en')} of proxies that are gone were left out`);
  }
  if (result.isPartial) parts.push(`stopped after ${maxReplayMs / 1000} s, not all were replayed`);
  if (hidden.length > 0) {
    parts.push(
      `values of ${hidden.slice(0, 5).join(', ')} are never recorded, so rules on them cannot be tried`,
    );
  }
  return parts.join('; ');
}
