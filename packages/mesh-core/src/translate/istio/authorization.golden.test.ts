/** Golden pairs: `x.in.yaml` holds the workload and its protocol, then documents; `x.out.yaml` what holds for the workload. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stableStringify } from '@heddle/traffic';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseDocuments } from '../../documents/parse.ts';
import { World } from '../../world/world.ts';
import { translateAuthorization } from './authorization-policy.ts';
import type { AuthorizationProtocol } from './authorization-rule.ts';
import type { PolicyTarget } from './policy-attachment.ts';
import { translateJwtProviders } from './request-authentication.ts';

const folder = join(import.meta.dirname, 'testdata', 'authorization');

it.each(globSync('*.in.yaml', { cwd: folder }).toSorted())('translates %s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const end = text.indexOf('\n---\n');
  const { workload, protocol }: { workload: PolicyTarget; protocol: AuthorizationProtocol } = parse(
    text.slice(0, end),
  );
  const { documents, findings } = parseDocuments(text.slice(end));
  expect(findings).toEqual([]);
  const world = new World(
    documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 })),
    [],
  );
  const shown: unknown = JSON.parse(
    stableStringify({
      authorization: translateAuthorization(workload, protocol, world),
      jwtProviders: translateJwtProviders(workload, world),
    }),
  );
  const out = join(folder, basename(file).replace('.in.', '.out.'));
  // A new pair is written once, to be read with care before it is committed.
  if (!existsSync(out)) writeFileSync(out, stringify(shown, { aliasDuplicateObjects: false }));
  expect(shown).toEqual(parse(readFileSync(out, 'utf8')));
});
