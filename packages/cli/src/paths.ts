import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SourceText } from '@heddle/mesh-core';
import { UsageError } from './usage.ts';

/** The texts of files, of the documents in directories by name, and of standard input (`-`), joined to one. */
export async function readText(paths: readonly string[] | undefined): Promise<string> {
  const sources = await readSources(paths);
  return sources.map((source) => (typeof source === 'string' ? source : source.text)).join('\n---\n');
}

/** The same one by one, each file with its path. */
export async function readSources(paths: readonly string[] | undefined): Promise<SourceText[]> {
  if (paths === undefined || paths.length === 0)
    throw new UsageError('-f is missing: name a file, a directory or -');
  const sources: SourceText[] = [];
  for (const path of paths) {
    if (path === '-') sources.push(await text(process.stdin));
    else for (const file of filesOf(path)) sources.push({ text: readFileSync(file, 'utf8'), file });
  }
  return sources;
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    throw new UsageError(`-f ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return globSync('**/*.{yaml,yml,json}', { cwd: path })
    .toSorted()
    .map((file) => join(path, file));
}
