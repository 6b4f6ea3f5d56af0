import type { HeaderMutation } from './ir.ts';

/**
 * Changes fields as a mutation says, in place: removes first, then sets, then appends.
 * Several values of a name are one value here, joined as RFC 9110 §5.3 does it; on the wire they are fields of their own.
 *
 * @param headers names in lower case
 * @see Envoy HeaderParser: removing comes before adding
 */
export function mutateHeaders(headers: Map<string, string>, mutation: HeaderMutation): void {
  for (const name of mutation.remove) headers.delete(name);
  for (const { name, value } of mutation.set) headers.set(name, value);
  for (const { name, value } of mutation.add) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
}

/** One mutation that does what `first` and then `second` do to a request, where both are of one list (Envoy's per-route headers). */
export function joinMutations(first: HeaderMutation, second: HeaderMutation): HeaderMutation {
  const replaced = new Set(second.set.map(({ name }) => name));
  const kept = (fields: HeaderMutation['set']) => fields.filter(({ name }) => !replaced.has(name));
  return {
    set: [...kept(first.set), ...second.set],
    add: [...kept(first.add), ...second.add],
    remove: [...new Set([...first.remove, ...second.remove])],
  };
}
