import { compileIpBlock, parseAddress } from './authorize/address.ts';
import type { ClientAddress } from './ir/index.ts';

/** What is looked at to find a client. */
export interface ClientAddressRequest {
  /** Of the connection. */
  readonly peer: string | undefined;
  /** @param name lower case */
  header(name: string): string | undefined;
}

/**
 * The address of the client as a listener finds it.
 *
 * @returns `refused` where it has to be found and is not; `address` is undefined when not even the connection's is known
 * @see Envoy's original IP detection: xff and custom_header
 */
export function clientAddress(
  detection: ClientAddress | undefined,
  { peer, header }: ClientAddressRequest,
): { readonly address: string | undefined; readonly isRefused: boolean } {
  const found = detection === undefined ? undefined : detected(detection, peer, header);
  return {
    address: found ?? peer,
    isRefused: found === undefined && detection?.kind === 'header' && detection.failsClosed,
  };
}

function detected(
  detection: ClientAddress,
  peer: string | undefined,
  header: (name: string) => string | undefined,
): string | undefined {
  if (detection.kind === 'header') return addressIn(header(detection.name));
  const field = header('x-forwarded-for');
  if (field === undefined) return undefined;
  const forwarded = field.split(',').map((part) => part.trim());
  if (detection.kind === 'forwarded-for') return addressIn(forwarded.at(-detection.hops));
  const isTrusted = inBlocks(detection.blocks);
  if (peer === undefined || !isTrusted(peer)) return undefined;
  // Somebody else's doing where it is no address: nothing further to the left is believed.
  const end = forwarded.findLastIndex((one) => !isTrusted(one));
  return addressIn(end === -1 ? forwarded[0] : forwarded[end]);
}

function addressIn(text: string | undefined): string | undefined {
  return text !== undefined && parseAddress(text) !== undefined ? text : undefined;
}

function inBlocks(blocks: readonly string[]): (text: string) => boolean {
  const compiled = blocks.map(compileIpBlock);
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && compiled.some((contains) => contains?.(address) === true);
  };
}
