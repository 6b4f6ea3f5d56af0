import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { CommandError, UsageError } from '../usage.ts';

/** An example's `example.json`: its documents, and the processes that stand for its Deployments. Paths are relative to it. */
const ExampleFile = Type.Object({
  config: Type.Array(Type.String(), { description: 'documents, applied to an empty mesh in this order' }),
  gateway: Type.Object({
    namespace: Type.String(),
    workload: Type.String(),
    serviceAccount: Type.String(),
    labels: Type.Record(Type.String(), Type.String()),
    listenerPort: Type.Integer({ description: 'the port its Gateway document names' }),
  }),
  workloads: Type.Array(
    Type.Object({
      deployment: Type.String({
        pattern: '^[^/]+/[^/]+$',
        description: 'namespace/name of the Deployment it runs',
      }),
      entry: Type.String(),
    }),
  ),
  load: Type.Optional(Type.Object({ entry: Type.String() })),
});
const validator = Compile(ExampleFile);

export interface Example extends Static<typeof ExampleFile> {
  readonly directory: string;
}

const examplesDir = fileURLToPath(new URL('../../../../examples', import.meta.url));

export function readExample(name: string): Example {
  const path = resolve(examplesDir, name, 'example.json');
  if (!/^[\w-]+$/.test(name) || !existsSync(path))
    throw new UsageError(`--example ${name}: there is no such example`);
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!validator.Check(content)) {
    const [error] = validator.Errors(content);
    throw new CommandError(`${path}: ${error?.instancePath ?? ''} ${error?.message ?? 'is not valid'}`);
  }
  return { ...content, directory: dirname(path) };
}

/** All documents of an example, as one text. */
export function exampleDocuments(example: Example): string {
  return example.config.map((file) => readFileSync(resolve(example.directory, file), 'utf8')).join('\n---\n');
}
