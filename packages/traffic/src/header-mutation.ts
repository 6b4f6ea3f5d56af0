import type { HeaderMutation } from './ir.ts';

/**
 * Changes fields as a mutation says, in place: removes first, then sets, then appends after a comma and a space. A value that comes out empty
 * is not written.
 *
 * @param headers names in lower case
 * @param valueOf what a value of the mutation means for the request
 * @see Envoy HeaderParser: removing comes before adding
 */
export function mutateHeaders(
  headers: Map<string, string>,
  mutation: HeaderMutation,
  valueOf: (format: string) => string,
): void {
  const written = (fields: HeaderMutation['set']) =>
    fields
      .map(({ name, value }) => ({ name, value: valueOf(value), format: value }))
      .filter(({ value, format }) => value !== '' || format === '');
  const set = written(mutation.set);
  const add = written(mutation.add);
  for (const name of mutation.remove) headers.delete(name);
  for (const { name, value } of set) headers.set(name, value);
  for (const { name, value } of add) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
}
