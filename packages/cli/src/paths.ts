import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { UsageError } from './usage.ts';

/** The texts of files, of the documents in directories by name, and of standard input (`-`). */
export async function readTexts(paths: readonly string[] | undefined): Promise<string[]> {
  if (paths === undefined || paths.length === 0)
    throw new UsageError('-f is missing: name a file, a directory or -');
  const texts: string[] = [];
  for (const path of paths) {
    if (path === '-') texts.push(await text(process.stdin));
    else for (const file of filesOf(path)) texts.push(readFileSync(file, 'utf8'));
  }
  return texts;
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
