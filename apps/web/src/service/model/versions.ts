/** The versions of a service as pages show them. */
import type { VersionShare } from '@heddle/schema';

type Named = Pick<VersionShare, 'version' | 'workload'>;

/**
 * Versions that a person can tell apart, and beside them what no instance answered: such requests have no version, and
 * a column of their own would take the colour of one that has. A service without versions at all (a gateway) keeps its
 * one nameless part.
 */
export function splitUnanswered<T extends Named>(
  versions: readonly T[],
): { readonly named: readonly T[]; readonly unanswered: T | null } {
  const named = versions.filter((version) => version.version !== '');
  return named.length === 0
    ? { named: versions, unanswered: null }
    : { named, unanswered: versions.find((version) => version.version === '') ?? null };
}

/** A gateway has no version: it is called by its workload. */
export function versionName({ version, workload }: Named): string {
  return version === '' ? workload : version;
}
