import { pathOf } from '../match.ts';
import { compileStringMatch, type Predicate } from '../string-match.ts';
import { type Address, compileIpBlock, parseAddress } from './address.ts';
import type { Condition } from '../ir/index.ts';
import { compilePathTemplate } from './path-template.ts';
import type { AuthorizationRequest } from './request.ts';

export type RequestPredicate = (request: AuthorizationRequest) => boolean;

/** A predicate for a condition; patterns and address blocks are compiled here, once. */
export function compileCondition(condition: Condition): RequestPredicate {
  switch (condition.kind) {
    case 'any':
      return () => true;
    case 'never':
      return () => false;
    case 'all': {
      const parts = condition.of.map(compileCondition);
      return (request) => parts.every((holds) => holds(request));
    }
    case 'some': {
      const parts = condition.of.map(compileCondition);
      return (request) => parts.some((holds) => holds(request));
    }
    case 'not': {
      const holds = compileCondition(condition.of);
      return (request) => !holds(request);
    }
    case 'principal':
      return onText(condition.match, (request) => request.peer);
    case 'source-ip':
      return onAddress(condition.block, (request) => request.sourceIp);
    case 'remote-ip':
      return onAddress(condition.block, (request) => request.remoteIp);
    case 'destination-ip':
      return onAddress(condition.block, (request) => request.destinationIp);
    case 'destination-port':
      return (request) => request.destinationPort === condition.port;
    case 'sni':
      return onText(condition.match, (request) => request.sni);
    case 'header':
      return onHeader(condition.name, condition.match);
    case 'path':
      return onText(condition.match, pathWithoutQuery);
    case 'path-template': {
      const matches = compilePathTemplate(condition.template);
      return (request) => {
        const path = pathWithoutQuery(request);
        return path !== undefined && matches(path);
      };
    }
    case 'claim':
      return onClaim(condition);
    case 'metadata': {
      const { filter, key, list } = condition;
      const matches = compileStringMatch(condition.match);
      return (request) => {
        const value = request.metadata?.[filter]?.[key];
        return list ? holdsText(value, matches) : typeof value === 'string' && matches(value);
      };
    }
  }
}

function onText(
  match: Parameters<typeof compileStringMatch>[0],
  read: (request: AuthorizationRequest) => string | undefined,
): RequestPredicate {
  const matches = compileStringMatch(match);
  return (request) => {
    const value = read(request);
    return value !== undefined && matches(value);
  };
}

/** One value of several is enough: were they taken for one text, another value beside it would hide it. As in Envoy 1.40. */
function onHeader(
  name: string,
  match: Parameters<typeof compileStringMatch>[0] | undefined,
): RequestPredicate {
  const pseudo = pseudoHeaders.get(name);
  if (pseudo !== undefined) {
    return match === undefined ? (request) => pseudo(request) !== undefined : onText(match, pseudo);
  }
  if (match === undefined) return (request) => request.headerValues(name).length > 0;
  const matches = compileStringMatch(match);
  return (request) => request.headerValues(name).some(matches);
}

const pseudoHeaders: ReadonlyMap<string, (request: AuthorizationRequest) => string | undefined> = new Map([
  [':method', ({ method }) => method],
  [':path', ({ path }) => path],
  [':scheme', ({ scheme }) => scheme],
  [':authority', ({ authority }) => authority],
  ['host', ({ authority }) => authority],
]);

/** A block that is no block matches nothing. */
function onAddress(
  block: string,
  read: (request: AuthorizationRequest) => string | undefined,
): RequestPredicate {
  const contains = compileIpBlock(block);
  if (contains === undefined) return () => false;
  return (request) => {
    const text = read(request);
    const address: Address | undefined = text === undefined ? undefined : parseAddress(text);
    return address !== undefined && contains(address);
  };
}

function onClaim({ path, match, lists }: Extract<Condition, { kind: 'claim' }>): RequestPredicate {
  const matches = compileStringMatch(match);
  return ({ claims }) => {
    let value: unknown = claims;
    for (const name of path) value = memberOf(value, name);
    return (typeof value === 'string' && matches(value)) || (lists && holdsText(value, matches));
  };
}

function memberOf(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}

function holdsText(value: unknown, matches: Predicate): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'string' && matches(item));
}

function pathWithoutQuery({ path }: AuthorizationRequest): string | undefined {
  return path === undefined ? undefined : pathOf(path);
}
