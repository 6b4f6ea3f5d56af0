import type { World } from './world.ts';

/** Of the Secret of this name; undefined where there is none. */
export function secretValues(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  world: World,
): ReadonlyMap<string, string> | undefined {
  const document = world.documents.secrets.find(
    ({ key }) => key.namespace === namespace && key.name === name,
  );
  if (document === undefined) return undefined;
  const { data = {}, stringData = {} } = document.object;
  const decoded = Object.entries(data).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return new Map([...decoded, ...Object.entries(stringData)]);
}
