/** Golden pairs: the question is a service and port and the caller's namespace; the answer the routes that the caller follows. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { compileOutboundRoutes } from '../../compile/outbound.ts';
import { goldenPairs, worldOf } from '../../testing.ts';

interface Question {
  readonly host: string;
  readonly port: number;
  readonly from?: string;
}

describe('translates', () => {
  goldenPairs<Question>(join(import.meta.dirname, 'testdata'), ({ host, port, from }, documents) => {
    const client = { gateway: 'mesh', namespace: from ?? 'default', labels: {} };
    return compileOutboundRoutes(worldOf(documents), client)
      .find(({ name }) => name === String(port))
      ?.virtualHosts.find(({ domains }) => domains.includes(host))?.routes;
  });
});
