/** envoy.service.auth.v3.Authorization/Check: what an external authorizer is told of a request by gRPC, and what it answers. */
import type { JsonObject } from '@bufbuild/protobuf';
import { bytesToJson, jsonToBytes } from './descriptors/registry.ts';
import { FieldReader } from './resource/field-reader.ts';
import { definedFields } from './resource/metadata.ts';

export const checkMethod = '/envoy.service.auth.v3.Authorization/Check';

export interface CheckPeer {
  readonly address: string;
  readonly port: number;
  /** SPIFFE ID; "" for a peer that proved none. */
  readonly principal: string;
}

export interface CheckRequest {
  readonly source: CheckPeer;
  readonly destination: CheckPeer;
  readonly startedAtMs: number;
  readonly id: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly host: string;
  readonly scheme: string;
  readonly protocol: string;
  /** Of the body; -1 is not known. */
  readonly size: number;
  /** Names in lower case, pseudo headers among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface CheckHeader {
  readonly name: string;
  readonly value: string;
  readonly does: 'set' | 'add' | 'add-if-absent' | 'set-if-present';
}

export interface CheckAnswer {
  readonly isAllowed: boolean;
  /** Of a refusal; 403 unless it says otherwise. */
  readonly status: number;
  readonly body: string;
  /** On the request when it is allowed, on the refusal when it is not. */
  readonly headers: readonly CheckHeader[];
  readonly removedHeaders: readonly string[];
  readonly responseHeaders: readonly CheckHeader[];
  readonly setQuery: readonly { readonly key: string; readonly value: string }[];
  readonly removedQuery: readonly string[];
}

export function encodeCheckRequest(request: CheckRequest): Uint8Array {
  const { source, destination, startedAtMs, size, body, headers, ...http } = request;
  return jsonToBytes('envoy.service.auth.v3.CheckRequest', {
    attributes: {
      source: encodePeer(source),
      destination: encodePeer(destination),
      request: {
        time: new Date(startedAtMs).toISOString(),
        http: definedFields({
          ...http,
          size: String(size),
          headers: { ...headers },
          body: typeof body === 'string' ? body : undefined,
          rawBody: body instanceof Uint8Array ? Buffer.from(body).toString('base64') : undefined,
        }),
      },
    },
  });
}

function encodePeer({ address, port, principal }: CheckPeer): JsonObject {
  return { address: { socketAddress: { address, portValue: port } }, principal };
}

/** @throws what is wrong with it */
export function decodeCheckAnswer(bytes: Uint8Array): CheckAnswer {
  const answer = new FieldReader(
    bytesToJson('envoy.service.auth.v3.CheckResponse', bytes, { enumAsInteger: true }),
    '',
  );
  const isAllowed = answer.field('status').number('code') === 0;
  const ok = answer.field('okResponse');
  const denied = answer.field('deniedResponse');
  return {
    isAllowed,
    status: denied.isPresent ? decodeStatus(denied.field('status')) : 403,
    body: denied.string('body'),
    headers: decodeHeaders(isAllowed ? ok : denied, 'headers', 'set'),
    removedHeaders: ok.strings('headersToRemove').map((name) => name.toLowerCase()),
    responseHeaders: decodeHeaders(ok, 'responseHeadersToAdd', 'add'),
    setQuery: ok
      .list('queryParametersToSet')
      .map((one) => ({ key: one.string('key'), value: one.string('value') })),
    removedQuery: ok.strings('queryParametersToRemove'),
  };
}

function decodeStatus(status: FieldReader): number {
  const code = status.number('code') || 403;
  return code >= 200 && code <= 599 ? code : status.fail(`${code} is no status of an answer`);
}

/** By the number of envoy.config.core.v3.HeaderValueOption.HeaderAppendAction. */
const actions = ['add', 'add-if-absent', 'set', 'set-if-present'] as const;

/** @param unsaid what an option without `append` and with the first action does (Envoy: requests are changed, responses added to) */
function decodeHeaders(
  parent: FieldReader,
  name: 'headers' | 'responseHeadersToAdd',
  unsaid: 'set' | 'add',
): CheckHeader[] {
  return parent.list(name).map((option) => {
    const header = option.field('header');
    const action = actions[option.number('appendAction')] ?? 'add';
    const byAction = action === 'add' ? unsaid : action;
    return {
      name: header.string('key').toLowerCase(),
      value: header.has('rawValue')
        ? Buffer.from(header.string('rawValue'), 'base64').toString('latin1')
        : header.string('value'),
      does: option.has('append') ? (option.boolean('append') ? 'add' : 'set') : byAction,
    };
  });
}
