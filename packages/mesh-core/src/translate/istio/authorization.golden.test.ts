/** Golden pairs: the question is a workload and the protocol of its port; the answer what holds for it. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { goldenPairs, worldOf } from '../../testing.ts';
import { type AuthorizationTarget, translateAuthorization } from './authorization-policy.ts';
import type { AuthorizationProtocol } from './authorization-rule.ts';
import { translateJwtProviders } from './request-authentication.ts';

interface Question {
  readonly workload: Omit<AuthorizationTarget, 'serviceAccount'>;
  readonly protocol: AuthorizationProtocol;
}

describe('translates', () => {
  goldenPairs<Question>(
    join(import.meta.dirname, 'testdata', 'authorization'),
    ({ workload, protocol }, documents) => {
      const world = worldOf(documents);
      return {
        authorization: translateAuthorization({ serviceAccount: 'default', ...workload }, protocol, world),
        jwtProviders: translateJwtProviders(workload, world),
      };
    },
  );
});
