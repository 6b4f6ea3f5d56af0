import type { HttpMatchRequest, IstioStringMatch } from '@heddle/schema';
import { stableStringify } from '@heddle/traffic';
import { type RuleFinding, documentRule } from './rule.ts';

interface Route {
  readonly name?: string;
  readonly match?: readonly object[];
}

/** Rules of which an earlier one takes everything (IST0130), and matches that an earlier one has or covers (IST0131). */
export const virtualServiceUnreachable = documentRule('virtualServices', function* ({ object: { spec } }) {
  const http = spec.http ?? [];
  // Names say nothing about what is matched.
  const withoutNames = http.map(({ match }) => ({ match: match?.map(({ name: _name, ...one }) => one) }));
  yield* unreachable('spec.http', withoutNames.map(present));
  yield* covered(http.map(({ match }) => match ?? []));
  yield* unreachable('spec.tcp', spec.tcp ?? []);
  yield* unreachable('spec.tls', spec.tls ?? []);
});

function present({ match }: { match: object[] | undefined }): Route {
  return match === undefined ? {} : { match };
}

function* unreachable(path: string, routes: readonly Route[]): Iterable<RuleFinding> {
  const seen = new Map<string, number>();
  let catchAll: number | undefined;
  for (const [r, { match = [] }] of routes.entries()) {
    const at = `${path}[${r}]`;
    if (catchAll !== undefined) {
      yield unused(at, `rule ${catchAll} has no match and takes everything; put it last`);
      if (match.length === 0) catchAll = r;
      continue;
    }
    if (match.length === 0) {
      catchAll = r;
      continue;
    }
    let duplicates = 0;
    for (const [m, one] of match.entries()) {
      const text = stableStringify(one);
      const earlier = seen.get(text);
      if (earlier === undefined) {
        seen.set(text, r);
        continue;
      }
      duplicates++;
      yield ineffective(`${at}.match[${m}]`, `rule ${earlier} has the same match; remove it here`);
    }
    if (duplicates === match.length) yield unused(at, 'earlier rules have all of its matches; remove it');
  }
}

interface PrefixMatch {
  readonly path: string;
  readonly prefix: string;
  readonly port: number;
  readonly texts: Readonly<Record<'method' | 'authority', string>>;
  readonly maps: readonly ReadonlyMap<string, string>[];
}

/** Prefixes compared at the most: this is quadratic in the matches of one document. */
const maxCompared = 300;

/** A match whose prefix begins with an earlier one's, with nothing else that tells them apart. */
function* covered(matches: readonly (readonly HttpMatchRequest[])[]): Iterable<RuleFinding> {
  const seen = new Set<string>();
  const prefixes: PrefixMatch[] = [];
  let catchAll = false;
  for (const [r, list] of matches.entries()) {
    if (list.length === 0) catchAll = true;
    if (catchAll) continue;
    for (const [m, match] of list.entries()) {
      const { name: _name, ...content } = match;
      const text = stableStringify(content);
      if (seen.has(text) || (match.uri?.prefix ?? '') === '') continue;
      seen.add(text);
      if (prefixes.length < maxCompared) prefixes.push(toPrefixMatch(`spec.http[${r}].match[${m}]`, match));
    }
  }
  for (const [i, later] of prefixes.entries()) {
    for (const earlier of prefixes.slice(0, i)) {
      if (earlier.prefix === later.prefix || !covers(earlier, later)) continue;
      yield ineffective(
        later.path,
        `prefix ${later.prefix} is within ${earlier.prefix} of ${earlier.path}, which comes first; put the longer one first`,
      );
    }
  }
}

function toPrefixMatch(path: string, match: HttpMatchRequest): PrefixMatch {
  const text = (one: IstioStringMatch | undefined) => {
    if ((one?.exact ?? '') !== '') return `exact:${one?.exact}`;
    return (one?.prefix ?? '') === '' ? '' : `prefix:${one?.prefix}`;
  };
  const map = (ones: HttpMatchRequest['headers']) =>
    new Map(Object.entries(ones ?? {}).map(([name, one]) => [name, text(one)]));
  return {
    path,
    prefix: match.uri?.prefix ?? '',
    port: match.port ?? 0,
    texts: { method: text(match.method) || 'exact:GET', authority: text(match.authority) },
    maps: [map(match.headers), map(match.queryParams), map(match.withoutHeaders)],
  };
}

function covers(earlier: PrefixMatch, later: PrefixMatch): boolean {
  return (
    later.prefix.startsWith(earlier.prefix) &&
    later.port === earlier.port &&
    earlier.texts.method.startsWith(later.texts.method) &&
    earlier.texts.authority.startsWith(later.texts.authority) &&
    earlier.maps.every((map, i) => {
      const other = later.maps[i] ?? new Map<string, string>();
      return (
        map.size === other.size &&
        [...map].every(([name, text]) => other.has(name) && text.startsWith(other.get(name) ?? ''))
      );
    })
  );
}

function unused(path: string, why: string): RuleFinding {
  return { code: 'IST0130', severity: 'warning', path, message: `the rule is never used: ${why}` };
}

function ineffective(path: string, why: string): RuleFinding {
  return { code: 'IST0131', severity: 'info', path, message: `the match is never used: ${why}` };
}
