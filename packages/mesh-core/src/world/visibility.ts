/** How a client comes to see a document: what is for few wins over what is for all where both speak of one host. */
export type Reach = 'private' | 'exported' | 'public';

/**
 * Whom a document is exported to: `*` is everybody, `~` nobody, `.` its own namespace, anything else a namespace by name.
 * `*` beats all other entries, and `~` all but that.
 *
 * @param exportTo  as written; undefined or empty means the mesh's default
 * @param owner     namespace of the document
 * @param client    namespace of who asks
 * @returns undefined when the client does not see it
 * @see Istio, exportTo of VirtualService, DestinationRule and ServiceEntry
 */
export function reach(
  exportTo: readonly string[] | undefined,
  owner: string,
  client: string,
  byDefault: readonly string[],
): Reach | undefined {
  const effective = exportTo === undefined || exportTo.length === 0 ? byDefault : exportTo;
  if (effective.includes('*')) return 'public';
  if (effective.includes('~')) return undefined;
  if (owner === client) return effective.includes('.') || effective.includes(owner) ? 'private' : undefined;
  return effective.includes(client) ? 'exported' : undefined;
}
