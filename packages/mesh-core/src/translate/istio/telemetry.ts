import type { PerMillion } from '@heddle/traffic';
import { selects } from '../../world/instance.ts';
import type { World, WorldDocuments } from '../../world/world.ts';
import { isAttached, type PolicyTarget } from './policy-attachment.ts';

type Telemetry = WorldDocuments['telemetries'][number];
export type TrafficSide = 'CLIENT' | 'SERVER';

/** All requests are traced until a Telemetry or the mesh says otherwise: the ring and the trace store are bounded. */
const everything = 1_000_000;

/**
 * The share of requests that a workload begins a trace for, on one of its sides. What a narrower document does not say is taken from
 * the next wider one: workload, namespace, mesh; of several the oldest holds, and of its tracing entries the first for the side.
 */
export function tracingShareOf(target: PolicyTarget, side: TrafficSide, world: World): PerMillion {
  for (const { object } of inOrder(target, world)) {
    const entry = object.spec?.tracing?.find(({ match }) => isFor(match?.mode, side));
    const percent = entry?.randomSamplingPercentage;
    if (percent !== undefined) return Math.round(percent * 10_000);
  }
  return world.settings.tracingShare ?? everything;
}

function isFor(mode: string | undefined, side: TrafficSide): boolean {
  return mode === undefined || mode === side || mode === 'CLIENT_AND_SERVER' || mode === 'UNDEFINED';
}

function* inOrder(target: PolicyTarget, world: World): Iterable<Telemetry> {
  const { telemetries } = world.documents;
  const { rootNamespace } = world.settings;
  const isWide = ({ object: { spec = {} } }: Telemetry) =>
    spec.selector?.matchLabels === undefined && spec.targetRef === undefined && !spec.targetRefs?.length;
  const ofWorkload = telemetries.find(
    (one) =>
      !isWide(one) &&
      one.key.namespace === target.namespace &&
      (selects(one.object.spec?.selector?.matchLabels, target.labels) ||
        (one.object.spec?.selector === undefined &&
          isAttached(one.object.spec ?? {}, one.key.namespace, target, rootNamespace))),
  );
  if (ofWorkload !== undefined) yield ofWorkload;
  for (const namespace of new Set([target.namespace, rootNamespace])) {
    const wide = telemetries.find((one) => isWide(one) && one.key.namespace === namespace);
    if (wide !== undefined) yield wide;
  }
}
