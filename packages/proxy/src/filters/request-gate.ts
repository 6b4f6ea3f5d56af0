import type { Exchange } from '../exchange.ts';
import { tokensOf } from '../header-fields.ts';
import { replies, type LocalReply } from '../local-reply.ts';
import type { Filter } from './filter.ts';
import { normalizePath } from './normalize-path.ts';

const maxFields = 100;

/**
 * Refuses what the parser lets through although two recipients could read it in two ways.
 *
 * The parser itself (llhttp, strict) has refused by now: Content-Length beside Transfer-Encoding, several Content-Lengths,
 * obs-fold, bare LF, space before the colon, a head over 32 KiB.
 */
export const requestGate: Filter = { name: 'request-gate', onRequest: checkRequest };

function checkRequest(exchange: Exchange): LocalReply | undefined {
  const { requestHeaders: headers, downstream } = exchange;
  if (headers.size > maxFields) return replies.refused(431, `more than ${maxFields} header fields`);
  // RFC 9112 §3.2: exactly one Host, whatever the request target says.
  if (headers.count('host') > 1) return replies.refused(400, 'several Host fields');
  if (!isAuthority(exchange.authority)) return replies.refused(400, 'no valid host in the request');
  const codings = tokensOf(headers.get('transfer-encoding'));
  // RFC 9112 §6.1: a coding that is not understood is 501; chunked twice is an attack.
  if (codings.length > 1 || (codings.length === 1 && codings[0] !== 'chunked')) {
    return replies.refused(501, `transfer-encoding "${codings.join(', ')}": only "chunked" is supported`);
  }
  if (codings.length > 0 && downstream.request.httpVersion === '1.0') {
    return replies.refused(400, 'Transfer-Encoding in an HTTP/1.0 request');
  }
  // RFC 9110 §9.3.8: TRACE would show a caller what proxies added, credentials among them.
  if (exchange.method === 'TRACE') return replies.refused(405, 'TRACE is not supported');
  const isServerWide = exchange.path === '*' && exchange.method === 'OPTIONS';
  const level = exchange.chain?.chain.http.pathNormalization;
  const path = isServerWide ? '*' : normalizePath(exchange.path, level);
  if (path === undefined) return replies.refused(400, 'invalid path, or one with an escaped slash or NUL');
  exchange.path = path;
  exchange.originalPath = path;
  return undefined;
}

/** Host and port as in RFC 3986 §3.2, without user information; an underscore is tolerated, names in use have it. */
function isAuthority(authority: string): boolean {
  const [whole, port] = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~-]+)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  return whole !== undefined && (port === undefined || Number(port) <= 65_535);
}
