import type { HttpMatchRequest } from '@heddle/schema';
import { gatewayNameFindings } from './gateway-names.ts';
import { isDnsLabel } from './host-names.ts';
import { labelFindings } from './label-values.ts';
import { stringMatchFindings } from './patterns.ts';
import { errorIf, type RuleFinding, documentRule, schemaError } from './rule.ts';

const pseudoHeaders: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path', ':status']);

/** What the matches of http routes say: patterns that compile, names of headers, labels of callers (IST0106). */
export const virtualServiceMatch = documentRule('virtualServices', function* ({ object: { spec } }) {
  for (const [r, { match = [] }] of (spec.http ?? []).entries()) {
    for (const [m, one] of match.entries()) yield* matchFindings(`spec.http[${r}].match[${m}]`, one);
  }
});

function* matchFindings(path: string, match: HttpMatchRequest): Iterable<RuleFinding> {
  yield* stringMatchFindings(`${path}.uri`, match.uri, { emptyPrefix: true });
  for (const field of ['scheme', 'method', 'authority'] as const) {
    yield* stringMatchFindings(`${path}.${field}`, match[field]);
  }
  for (const field of ['headers', 'withoutHeaders'] as const) {
    for (const [name, value] of Object.entries(match[field] ?? {})) {
      const at = `${path}.${field}[${JSON.stringify(name)}]`;
      yield* errorIf(at, headerNameError(name));
      // `*` is no pattern: withoutHeaders reads it as "is there".
      const isAny = field === 'withoutHeaders' && value.regex === '*';
      yield* stringMatchFindings(at, isAny ? { ...value, regex: '.*' } : value);
    }
  }
  for (const [name, value] of Object.entries(match.queryParams ?? {})) {
    yield* stringMatchFindings(`${path}.queryParams[${JSON.stringify(name)}]`, value);
  }
  yield* labelFindings(`${path}.sourceLabels`, match.sourceLabels);
  yield* gatewayNameFindings(`${path}.gateways`, match.gateways);
  const { sourceNamespace = '' } = match;
  if (sourceNamespace !== '' && !isDnsLabel(sourceNamespace)) {
    yield schemaError(`${path}.sourceNamespace`, `"${sourceNamespace}" is not a namespace`);
  }
}

/** `@request.auth.claims.sub`, or the same in brackets. */
export function isClaimMatch(name: string): boolean {
  const rest = /^@request\.auth\.claims(.+)$/is.exec(name)?.[1] ?? '';
  return (rest.startsWith('.') && rest.length > 1) || /^(?:\[[^\]]*\])+$/.test(rest);
}

function headerNameError(name: string): string | undefined {
  if (isClaimMatch(name) || pseudoHeaders.has(name)) return undefined;
  // RFC 9110 §5.6.2: a token.
  return /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/.test(name) ? undefined : `"${name}" is not the name of a header`;
}
