import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EnrolmentTokens, SqliteConfigStore } from '@heddle/mesh-core';
import { tokenStoreIn } from '@heddle/api';
import { defaultDataDir } from '../data-dir.ts';
import { required, UsageError } from '../usage.ts';

export const usage = `Usage: heddle token create --service-account NAME [options]

Prints a token with which a proxy enrols. It is shown this once: the mesh keeps only its hash.

  --service-account NAME  the identity it is good for
  --namespace NS          default: default
  --workload NAME         good for this workload only
  --uses N                how many proxies may enrol with it, default 1
  --ttl-minutes N         default 10
  --data DIR              data directory of the control plane
  -o json                 with its expiry
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      'service-account': { type: 'string' },
      namespace: { type: 'string', default: 'default' },
      workload: { type: 'string' },
      uses: { type: 'string', default: '1' },
      'ttl-minutes': { type: 'string', default: '10' },
      data: { type: 'string' },
      output: { type: 'string', short: 'o' },
    },
  });
  if (positionals[0] !== 'create' || positionals.length > 1)
    throw new UsageError('expected: heddle token create');
  const store = new SqliteConfigStore(join(values.data ?? defaultDataDir(), 'config.db'), Date.now);
  try {
    const tokens = new EnrolmentTokens({ store: tokenStoreIn(store), now: Date.now });
    const { secret, token } = tokens.create({
      namespace: values.namespace,
      serviceAccount: required('service-account', values['service-account']),
      ...(values.workload === undefined ? {} : { workload: values.workload }),
      uses: count('uses', values.uses),
      ttlMs: count('ttl-minutes', values['ttl-minutes']) * 60_000,
    });
    const expiresAt = new Date(token.expiresAtMs).toISOString();
    process.stdout.write(
      values.output === 'json' ? `${JSON.stringify({ token: secret, expiresAt })}\n` : `${secret}\n`,
    );
    return 0;
  } finally {
    store.close();
  }
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError(`--${name} ${value}: expected a number from 1`);
  return number;
}
