import type { RecordedChange } from '@heddle/mesh-core';
import type { Change } from '@heddle/schema';
import type { Mesh } from './mesh.ts';

/** A recorded change as the API tells it, with how far its push has come. */
export function toChange(mesh: Mesh, recorded: RecordedChange): Change {
  const { revision, atMs, actor, via, reason, title, baseRevision, rollbackOf, rolledBackBy, findings } =
    recorded;
  return {
    revision,
    at: new Date(atMs).toISOString(),
    actor,
    via,
    reason,
    baseRevision,
    rollbackOf,
    rolledBackBy,
    title,
    diff: mesh.controlPlane.diffOf(recorded),
    findings: [...findings],
    push: mesh.controlPlane.pushStatus(revision),
  };
}
