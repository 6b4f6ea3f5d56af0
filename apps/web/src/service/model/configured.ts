/** What the rules give each version: read from the rule that takes everything the others leave. */
import type { ServiceRule } from '@heddle/schema';

/** Percent by version of the catch-all rule; null when no rule is there. The catch-all is the last, as rules are tried in order. */
export function configuredWeights(rules: readonly ServiceRule[]): ReadonlyMap<string, number> | null {
  const rule = rules.at(-1);
  if (rule === undefined) return null;
  const weights = new Map<string, number>();
  for (const part of rule.parts) {
    const version = part.version ?? part.subset;
    if (version !== null) weights.set(version, (weights.get(version) ?? 0) + part.weight);
  }
  return weights.size === 0 ? null : weights;
}
