import { parseArgs } from 'node:util';
import type { ProxyStatus } from '@heddle/schema';
import { apiOptions, apiUsage, listAll, outputForm } from '../api-client.ts';
import { print } from '../render.ts';

export const usage = `Usage: heddle proxies [options]

Every proxy: whether it is there, what it has accepted, and what it refused in its own words.

${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: apiOptions });
  const form = outputForm(values.output);
  const proxies = await listAll<ProxyStatus>(values.server, '/api/v1/proxies?limit=1000');
  print(form, proxies, () => [
    ['PROXY', 'ONLINE', 'READY', 'REVISION', 'STATE', 'CERTIFICATE UNTIL'],
    ...proxies.map((proxy) => [
      `${proxy.workload}.${proxy.namespace}`,
      proxy.online ? 'yes' : 'no',
      proxy.ready ? 'yes' : 'no',
      String(proxy.revision),
      proxy.types
        .map(({ type, state, nack }) => (nack === null ? `${type} ${state}` : `${type} ${state}: ${nack}`))
        .join(', '),
      proxy.certificateNotAfter ?? '',
    ]),
  ]);
  return 0;
}
