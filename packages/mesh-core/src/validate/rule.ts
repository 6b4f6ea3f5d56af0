import type { Finding } from '@heddle/schema';
import type { Typed, World } from '../world/world.ts';

/** What a rule finds in one document; the runner adds the document and the line. */
export type RuleFinding = Pick<Finding, 'code' | 'severity' | 'path' | 'message'>;

/** One rule over the whole world: yields each finding with the document it belongs to. */
export type Rule = (
  world: World,
) => Iterable<readonly [document: Pick<Typed<unknown>, 'key'>, finding: RuleFinding]>;
