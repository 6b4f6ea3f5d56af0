/** Golden pairs: `x.in.yaml` holds documents and, first, the proxies; `x.out.yaml` what the first of them is told. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stableStringify } from '@heddle/traffic';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseDocuments } from '../documents/parse.ts';
import { instance } from '../testing.ts';
import { World } from '../world/world.ts';
import { Compiler, Interner } from './snapshot.ts';

const folder = join(import.meta.dirname, 'testdata');

it.each(globSync('*.in.yaml', { cwd: folder }).toSorted())('compiles %s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const end = text.indexOf('\n---\n');
  const { proxies, show }: { proxies: Record<string, object>[]; show: string[] } = parse(text.slice(0, end));
  const { documents, findings } = parseDocuments(text.slice(end));
  expect(findings).toEqual([]);
  const instances = proxies.map((one) => ({ ...instance('client', 'client', 'v1'), ...one }));
  const [client] = instances;
  const world = new World(
    documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 })),
    instances,
  );
  if (client === undefined) throw new Error(`${file} names no proxy`);
  const snapshot = new Compiler(world, new Interner()).snapshotFor(client);
  const shown = Object.fromEntries(Object.entries(snapshot).filter(([part]) => show.includes(part)));
  const out = join(folder, basename(file).replace('.in.', '.out.'));
  // A new pair is written once, to be read with care before it is committed.
  if (!existsSync(out))
    writeFileSync(out, stringify(JSON.parse(stableStringify(shown)), { aliasDuplicateObjects: false }));
  expect(JSON.parse(stableStringify(shown))).toEqual(parse(readFileSync(out, 'utf8')));
});
