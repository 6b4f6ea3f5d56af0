import type { HeaderMutation } from './ir.ts';

/**
 * Changes fields as a mutation says, in place: removes first, then sets, then appends with a comma.
 *
 * @param headers names in lower case
 * @see Envoy HeaderParser: removing comes before adding
 */
export function mutateHeaders(headers: Map<string, string>, mutation: HeaderMutation): void {
  for (const name of mutation.remove) headers.delete(name);
  for (const { name, value } of mutation.set) headers.set(name, value);
  for (const { name, value } of mutation.add) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
}
