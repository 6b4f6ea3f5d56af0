import type { HeaderMutation } from './ir/index.ts';

/**
 * Changes fields as a mutation says, in place: removes first, then sets, then appends. A value that comes out empty is not written.
 * Several values of a name are one value here, joined as RFC 9110 §5.3 does it; on the wire they are fields of their own.
 *
 * @param headers names in lower case
 * @param valueOf what a value of the mutation means for the request; asked when the removes are done
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
  for (const name of mutation.remove) headers.delete(name);
  const set = written(mutation.set);
  const add = written(mutation.add);
  for (const { name, value } of set) headers.set(name, value);
  for (const { name, value } of add) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
}

/**
 * One mutation of two that are one list to Envoy (the headers of a route): all removes come before all sets, of which the last of a
 * name holds, and these before all that is appended.
 */
export function joinMutations(first: HeaderMutation, second: HeaderMutation): HeaderMutation {
  const replaced = new Set(second.set.map(({ name }) => name));
  return {
    set: [...first.set.filter(({ name }) => !replaced.has(name)), ...second.set],
    add: [...first.add, ...second.add],
    remove: [...new Set([...first.remove, ...second.remove])],
  };
}
