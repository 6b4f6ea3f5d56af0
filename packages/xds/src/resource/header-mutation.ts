/** HeaderMutation <-> the `*_headers_to_add` and `*_headers_to_remove` fields of routes and weighted clusters. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { HeaderMutation } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';

interface Header {
  readonly name: string;
  readonly value: string;
}

export interface HeaderMutations {
  readonly requestHeaders: HeaderMutation;
  readonly responseHeaders: HeaderMutation;
}

/** The four fields, to be spread into a message that has them. */
export function encodeHeaderMutations({ requestHeaders, responseHeaders }: HeaderMutations): JsonObject {
  return {
    requestHeadersToAdd: encodeAdditions(requestHeaders),
    requestHeadersToRemove: [...requestHeaders.remove],
    responseHeadersToAdd: encodeAdditions(responseHeaders),
    responseHeadersToRemove: [...responseHeaders.remove],
  };
}

export function decodeHeaderMutations(message: FieldReader): HeaderMutations {
  return {
    requestHeaders: decodeMutation(message, 'requestHeaders'),
    responseHeaders: decodeMutation(message, 'responseHeaders'),
  };
}

function encodeAdditions({ set, add }: HeaderMutation): JsonObject[] {
  return [
    ...set.map((header) => encodeOption(header, 'OVERWRITE_IF_EXISTS_OR_ADD')),
    ...add.map((header) => encodeOption(header, 'APPEND_IF_EXISTS_OR_ADD')),
  ];
}

function encodeOption({ name, value }: Header, appendAction: string): JsonObject {
  return {
    header: { key: name, value },
    appendAction,
    keepEmptyValue: value === '',
  };
}

function decodeMutation(message: FieldReader, prefix: 'requestHeaders' | 'responseHeaders'): HeaderMutation {
  const set: Header[] = [];
  const add: Header[] = [];
  for (const option of message.list(`${prefix}ToAdd`)) {
    const action = option.oneOf(
      'appendAction',
      ['APPEND_IF_EXISTS_OR_ADD', 'OVERWRITE_IF_EXISTS_OR_ADD'],
      'APPEND_IF_EXISTS_OR_ADD',
    );
    const header = option.field('header');
    const value = header.string('value');
    (action === 'APPEND_IF_EXISTS_OR_ADD' ? add : set).push({ name: header.string('key'), value });
  }
  return { set, add, remove: message.strings(`${prefix}ToRemove`) };
}
