/** What a route makes of headers, both ways. */
import type { RouteExplainAnswer } from '@heddle/schema';
import {
  type CorsHeader,
  formatHeader,
  type HeaderMutation,
  mutateHeaders,
  requestCommand,
  type RouteRequest,
} from '@heddle/traffic';

/** What the values that a route writes may speak of. */
export interface HeaderContext {
  /** As sent, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly asked: RouteRequest;
  /** `HTTP/1.1`. */
  readonly protocol: string;
}

/** A route, or a part of a split. */
interface Changing {
  readonly requestHeaders: HeaderMutation;
  readonly responseHeaders: HeaderMutation;
}

/**
 * Every header as sent upstream, only when something changes.
 * @param changing in the order in which they act; a part of a split changes its own share alone
 */
export function requestHeadersOf(
  changed: ReadonlyMap<string, string>,
  { headers }: HeaderContext,
): Pick<RouteExplainAnswer, 'requestHeaders'> {
  const isSame =
    changed.size === headers.size - Number(headers.has('host')) &&
    [...changed].every(([name, value]) => headers.get(name) === value);
  return isSame ? {} : { requestHeaders: Object.fromEntries(changed) };
}

/** The request's fields as they are sent upstream: what values of response headers speak of. */
export function changedHeaders(
  changing: readonly Changing[],
  context: HeaderContext,
): ReadonlyMap<string, string> {
  const headers = new Map(context.headers);
  for (const { requestHeaders } of changing) {
    if (isEmpty(requestHeaders)) continue;
    mutateHeaders(headers, requestHeaders, formatterOf({ ...context, headers }));
  }
  headers.delete('host');
  return headers;
}

export function responseHeadersOf(
  changing: readonly Changing[],
  permission: readonly CorsHeader[],
  context: HeaderContext,
): Pick<RouteExplainAnswer, 'responseHeaders'> {
  const mutations = [
    ...changing.map(({ responseHeaders }) => responseHeaders),
    { set: permission, add: [], remove: [] },
  ];
  if (mutations.every(isEmpty)) return {};
  const valueOf = formatterOf(context);
  const set: Record<string, string> = {};
  const add: Record<string, string> = {};
  // What comes out empty is not written.
  const written = (fields: HeaderMutation['set']) =>
    fields.map(({ name, value }) => ({ name, value: valueOf(value) })).filter(({ value }) => value !== '');
  for (const one of mutations) {
    for (const { name, value } of written(one.set)) set[name] = value;
    for (const { name, value } of written(one.add)) {
      add[name] = name in add ? `${add[name]}, ${value}` : value;
    }
  }
  const remove = mutations.flatMap((one) => one.remove);
  if (Object.keys(set).length + Object.keys(add).length + remove.length === 0) return {};
  return { responseHeaders: { set, add, remove } };
}

function isEmpty({ set, add, remove }: HeaderMutation): boolean {
  return set.length + add.length + remove.length === 0;
}

/** Commands that only a running proxy could answer stay as they are written. */
function formatterOf({ headers, asked, protocol }: HeaderContext): (format: string) => string {
  const pseudo: Readonly<Record<string, string>> = {
    ':method': asked.method,
    ':path': asked.path,
    ':authority': asked.authority,
    ':scheme': asked.scheme,
  };
  return (format) =>
    formatHeader(format, (command, argument) =>
      command === 'PROTOCOL'
        ? protocol
        : requestCommand(command, argument, (name) => pseudo[name] ?? headers.get(name)),
    );
}
