/** Golden pairs: the question is a workload that is called, or a service and its port; the answer its ALLOW rules, or its routes. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { compileOutboundRoutes } from '../../compile/outbound.ts';
import { goldenPairs, worldOf } from '../../testing.ts';
import { type TargetWorkload, translateTrafficTargets } from './traffic-target.ts';

type Question =
  | { readonly workload: TargetWorkload; readonly protocol: 'http' | 'tcp' }
  | { readonly host: string; readonly port: number };

describe('translates', () => {
  goldenPairs<Question>(join(import.meta.dirname, 'testdata'), (question, documents) => {
    const world = worldOf(documents);
    if ('workload' in question) return translateTrafficTargets(question.workload, question.protocol, world);
    const client = { gateway: 'mesh', namespace: 'default', labels: {} };
    return compileOutboundRoutes(world, client)
      .find(({ name }) => name === String(question.port))
      ?.virtualHosts.find(({ domains }) => domains.includes(question.host))?.routes;
  });
});
