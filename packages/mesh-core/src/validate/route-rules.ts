import type {
  ConnectionRule,
  GrpcRouteRule,
  HttpRouteFilter,
  HttpRouteRule,
  SessionPersistence,
  TlsRouteDocument,
} from '@heddle/schema';
import { RE2JS } from 're2js';
import { durationMs } from '../world/duration.ts';
import type { Typed } from '../world/world.ts';
import { isIpAddress } from './host-names.ts';
import type { Rule, RuleFinding } from './rule.ts';

/**
 * What the definitions of routes ask of one rule beyond its fields' forms: filters that fit their type and each other, paths that
 * can be matched, timeouts in order, references with a port (IST0106).
 *
 * @see the validation rules (CEL) of Gateway API v1
 */
export const routeRules: Rule = function* (world) {
  for (const document of world.documents.httpRoutes) {
    const rules = document.object.spec.rules ?? [];
    yield* ofDocument(document, rules, function* (rule, path) {
      for (const [m, match] of (rule.matches ?? []).entries()) {
        yield* pathFindings(match.path, `${path}.matches[${m}].path`);
        yield* valueMatches(match.headers, `${path}.matches[${m}].headers`);
        yield* valueMatches(match.queryParams, `${path}.matches[${m}].queryParams`);
      }
      yield* httpRuleFindings(rule, path);
    });
  }
  for (const document of world.documents.grpcRoutes) {
    yield* ofDocument(document, document.object.spec.rules ?? [], grpcRuleFindings);
  }
  for (const document of [
    ...world.documents.tcpRoutes,
    ...world.documents.tlsRoutes,
    ...world.documents.udpRoutes,
  ]) {
    const { apiVersion, spec } = document.object;
    yield* ofDocument(document, spec.rules, connectionFindings);
    if (isStrict(apiVersion) && spec.rules.length > 1) {
      yield [
        document,
        error('spec.rules', `${document.key.kind} takes one rule; make the others routes of their own`),
      ];
    }
  }
  for (const document of world.documents.tlsRoutes) {
    for (const finding of hostnameFindings(document.object)) yield [document, finding];
  }
};

/** Version v1alpha2 took several rules, and TLSRoutes without names of hosts. */
function isStrict(apiVersion: string): boolean {
  return !apiVersion.endsWith('/v1alpha2');
}

function* hostnameFindings({
  apiVersion,
  spec: { hostnames = [] },
}: TlsRouteDocument): Iterable<RuleFinding> {
  if (!isStrict(apiVersion)) return;
  if (hostnames.length === 0) {
    yield error('spec.hostnames', 'a TLSRoute is found by the name that the client asks for; name hosts');
  }
  for (const [i, hostname] of hostnames.entries()) {
    if (isIpAddress(hostname)) {
      yield error(
        `spec.hostnames[${i}]`,
        `"${hostname}" is an address, which TLS does not ask for; name a host`,
      );
    }
  }
}

function* connectionFindings({ backendRefs }: ConnectionRule, path: string): Iterable<RuleFinding> {
  for (const [b, ref] of backendRefs.entries()) yield* portFinding(ref, `${path}.backendRefs[${b}]`);
}

interface AnyRule {
  readonly name?: string;
  readonly matches?: readonly unknown[];
}

function* ofDocument<R extends AnyRule>(
  document: Pick<Typed<unknown>, 'key'>,
  rules: readonly R[],
  findingsOf: (rule: R, path: string) => Iterable<RuleFinding>,
): ReturnType<Rule> {
  const total = rules.reduce((sum, { matches }) => sum + (matches?.length ?? 1), 0);
  if (total > 128) {
    yield [
      document,
      error('spec.rules', `the rules have ${total} matches together, at most 128; split the route`),
    ];
  }
  const names = new Set<string>();
  for (const [i, rule] of rules.entries()) {
    if (rule.name !== undefined && names.has(rule.name)) {
      yield [
        document,
        error(`spec.rules[${i}].name`, `"${rule.name}" names two rules; give each its own name`),
      ];
    }
    if (rule.name !== undefined) names.add(rule.name);
    for (const finding of findingsOf(rule, `spec.rules[${i}]`)) yield [document, finding];
  }
}

function* httpRuleFindings(rule: HttpRouteRule, path: string): Iterable<RuleFinding> {
  const { filters = [], backendRefs = [], timeouts } = rule;
  yield* filterFindings(filters, `${path}.filters`);
  yield* prefixReplaced(filters, rule, `${path}.filters`);
  if (backendRefs.length > 0 && filters.some(({ requestRedirect }) => requestRedirect !== undefined)) {
    yield error(
      `${path}.backendRefs`,
      'a rule that redirects sends nothing on; remove backendRefs or the RequestRedirect',
    );
  }
  for (const [b, ref] of backendRefs.entries()) {
    yield* portFinding(ref, `${path}.backendRefs[${b}]`);
    yield* filterFindings(ref.filters ?? [], `${path}.backendRefs[${b}].filters`);
    yield* prefixReplaced(ref.filters ?? [], rule, `${path}.backendRefs[${b}].filters`);
  }
  const request = durationMs(timeouts?.request ?? '0s') ?? 0;
  const perTry = durationMs(timeouts?.backendRequest ?? '0s') ?? 0;
  if (request !== 0 && perTry > request) {
    yield error(
      `${path}.timeouts.backendRequest`,
      `one try may take ${timeouts?.backendRequest}, the whole request ${timeouts?.request}; a try cannot take longer`,
    );
  }
  yield* distinct(rule.retry?.codes, `${path}.retry.codes`);
  yield* sessionFindings(rule.sessionPersistence, `${path}.sessionPersistence`);
}

/** The API server refuses it, but what the routes would do is clear: Istio answers, and so does `explain`. */
export const unclearPrefix = 'HDL0021';

function* prefixReplaced(
  filters: readonly HttpRouteFilter[],
  { matches }: HttpRouteRule,
  path: string,
): Iterable<RuleFinding> {
  const [only, ...others] = matches ?? [{}];
  const isOnePrefix =
    only !== undefined && others.length === 0 && (only.path?.type ?? 'PathPrefix') === 'PathPrefix';
  for (const [f, { requestRedirect, urlRewrite }] of filters.entries()) {
    const changed = requestRedirect?.path ?? urlRewrite?.path;
    if (changed?.replacePrefixMatch === undefined || isOnePrefix) continue;
    const member = requestRedirect === undefined ? 'urlRewrite' : 'requestRedirect';
    yield {
      ...error(
        `${path}[${f}].${member}.path.replacePrefixMatch`,
        'which prefix is replaced is not clear: the rule needs exactly one match, of type PathPrefix; split the rule',
      ),
      code: unclearPrefix,
    };
  }
}

const members = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  ExtensionRef: 'extensionRef',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
} as const;

function* filterFindings(filters: readonly HttpRouteFilter[], path: string): Iterable<RuleFinding> {
  const seen = new Set<string>();
  for (const [f, filter] of filters.entries()) {
    const at = `${path}[${f}]`;
    const repeatable = filter.type === 'RequestMirror' || filter.type === 'ExtensionRef';
    if (seen.has(filter.type) && !repeatable) {
      yield error(at, `${filter.type} is given twice; join the two filters`);
    }
    if (
      (filter.type === 'URLRewrite' && seen.has('RequestRedirect')) ||
      (filter.type === 'RequestRedirect' && seen.has('URLRewrite'))
    ) {
      yield error(at, 'RequestRedirect and URLRewrite exclude each other; keep one of them');
    }
    seen.add(filter.type);
    for (const [type, member] of Object.entries(members)) {
      if (type === filter.type && filter[member] === undefined) {
        yield error(`${at}.${member}`, `a filter of type ${type} needs ${member}; add it`);
      } else if (type !== filter.type && filter[member] !== undefined) {
        yield error(
          `${at}.${member}`,
          `${member} does not belong to a filter of type ${filter.type}; remove it`,
        );
      }
    }
    yield* contentFindings(filter, at);
  }
}

function* contentFindings(filter: HttpRouteFilter, at: string): Iterable<RuleFinding> {
  for (const member of ['requestRedirect', 'urlRewrite'] as const) {
    const change = filter[member]?.path;
    if (change === undefined) continue;
    for (const [type, field] of pathChanges) {
      const isMissing = change.type === type && change[field] === undefined;
      const isForeign = change.type !== type && change[field] !== undefined;
      if (isMissing) yield error(`${at}.${member}.path.${field}`, `type ${type} needs ${field}; add it`);
      if (isForeign)
        yield error(`${at}.${member}.path.${field}`, `${field} does not belong to type ${change.type}`);
    }
  }
  for (const member of ['requestHeaderModifier', 'responseHeaderModifier'] as const) {
    for (const list of ['set', 'add'] as const) {
      yield* unique(filter[member]?.[list], `${at}.${member}.${list}`);
    }
    yield* distinct(filter[member]?.remove, `${at}.${member}.remove`);
  }
  const mirror = filter.requestMirror;
  if (mirror !== undefined) {
    yield* portFinding(mirror.backendRef, `${at}.requestMirror.backendRef`);
    if (mirror.percent !== undefined && mirror.fraction !== undefined) {
      yield error(
        `${at}.requestMirror.fraction`,
        'percent and fraction exclude each other; keep one of them',
      );
    }
    const { numerator = 0, denominator = 100 } = mirror.fraction ?? {};
    if (numerator > denominator) {
      yield error(
        `${at}.requestMirror.fraction.numerator`,
        `${numerator} of ${denominator} is more than all requests; at most ${denominator}`,
      );
    }
  }
  for (const field of ['allowOrigins', 'allowMethods', 'allowHeaders', 'exposeHeaders'] as const) {
    yield* distinct(filter.cors?.[field], `${at}.cors.${field}`);
  }
  for (const field of ['allowOrigins', 'allowMethods', 'allowHeaders'] as const) {
    const values: readonly string[] = filter.cors?.[field] ?? [];
    if (values.includes('*') && values.length > 1) {
      yield error(`${at}.cors.${field}`, '"*" is every value; remove the others');
    }
  }
  const auth = filter.externalAuth;
  if (auth !== undefined) {
    yield* portFinding(auth.backendRef, `${at}.externalAuth.backendRef`);
    yield* distinct(auth.grpc?.allowedHeaders, `${at}.externalAuth.grpc.allowedHeaders`);
    yield* distinct(auth.http?.allowedHeaders, `${at}.externalAuth.http.allowedHeaders`);
    yield* distinct(auth.http?.allowedResponseHeaders, `${at}.externalAuth.http.allowedResponseHeaders`);
    for (const [protocol, field] of [
      ['GRPC', 'grpc'],
      ['HTTP', 'http'],
    ] as const) {
      if ((auth.protocol === protocol) !== (auth[field] !== undefined)) {
        yield error(
          `${at}.externalAuth.${field}`,
          `${field} is for protocol ${protocol}, which here is ${auth.protocol}`,
        );
      }
    }
  }
}

const pathChanges = [
  ['ReplaceFullPath', 'replaceFullPath'],
  ['ReplacePrefixMatch', 'replacePrefixMatch'],
] as const;

function* grpcRuleFindings(rule: GrpcRouteRule, path: string): Iterable<RuleFinding> {
  yield* filterFindings(rule.filters ?? [], `${path}.filters`);
  for (const [b, ref] of (rule.backendRefs ?? []).entries()) {
    yield* portFinding(ref, `${path}.backendRefs[${b}]`);
    yield* filterFindings(ref.filters ?? [], `${path}.backendRefs[${b}].filters`);
  }
  for (const [m, { method, headers }] of (rule.matches ?? []).entries()) {
    yield* valueMatches(headers, `${path}.matches[${m}].headers`);
    if (method === undefined) continue;
    const at = `${path}.matches[${m}].method`;
    if (method.service === undefined && method.method === undefined) {
      yield error(at, 'a method match names a service, a method or both; add one of them');
    }
    for (const field of ['service', 'method'] as const) {
      const value = method[field];
      if (value === undefined) continue;
      if (method.type === 'RegularExpression') yield* regexFinding(value, `${at}.${field}`);
      else if (!grpcNames[field].test(value)) {
        yield error(`${at}.${field}`, `"${value}" is not the name of a gRPC ${field}`);
      }
    }
  }
  yield* sessionFindings(rule.sessionPersistence, `${path}.sessionPersistence`);
}

const grpcNames = {
  service: /^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i,
  method: /^[A-Za-z_][A-Za-z_0-9]*$/,
} as const;

interface PathMatch {
  readonly type?: string;
  readonly value?: string;
}

function* pathFindings(
  { type = 'PathPrefix', value = '/' }: PathMatch = {},
  at: string,
): Iterable<RuleFinding> {
  if (type === 'RegularExpression') {
    yield* regexFinding(value, `${at}.value`);
    return;
  }
  if (!value.startsWith('/')) {
    yield error(`${at}.value`, `"${value}" is not an absolute path; begin it with /`);
    return;
  }
  const forbidden = ['//', '/./', '/../', '%2f', '%2F', '#'].find((part) => value.includes(part));
  const ending = ['/..', '/.'].find((part) => value.endsWith(part));
  const found = forbidden ?? ending;
  if (found !== undefined) {
    yield error(`${at}.value`, `"${value}" contains "${found}", which no normalised path does; remove it`);
  } else if (!/^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/.test(value)) {
    yield error(`${at}.value`, `"${value}" has characters that a path cannot have; percent-encode them`);
  }
}

interface ValueMatch {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

function* valueMatches(matches: readonly ValueMatch[] | undefined, at: string): Iterable<RuleFinding> {
  yield* unique(matches, at);
  for (const [i, { type, value }] of (matches ?? []).entries()) {
    if (type === 'RegularExpression' && value !== '*') yield* regexFinding(value, `${at}[${i}].value`);
  }
}

/** Lists with the name as key: a second entry of one name is refused. */
function* unique(
  entries: readonly { readonly name: string }[] | undefined,
  at: string,
): Iterable<RuleFinding> {
  const names = new Set<string>();
  for (const [i, { name }] of (entries ?? []).entries()) {
    if (names.has(name)) yield error(`${at}[${i}].name`, `"${name}" is there twice; keep one of them`);
    names.add(name);
  }
}

/** Lists that are sets: a value that is there twice is refused. */
export function* distinct(
  values: readonly (string | number)[] | undefined,
  at: string,
): Iterable<RuleFinding> {
  const seen = new Set<string | number>();
  for (const [i, value] of (values ?? []).entries()) {
    if (seen.has(value)) yield error(`${at}[${i}]`, `${value} is there twice; keep one of them`);
    seen.add(value);
  }
}

function* regexFinding(pattern: string, at: string): Iterable<RuleFinding> {
  try {
    RE2JS.compile(pattern);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    yield error(at, `"${pattern}" is not a regular expression of RE2: ${why}`);
  }
}

interface PortReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly port?: number;
}

function* portFinding(
  { group = '', kind = 'Service', name, port }: PortReference,
  at: string,
): Iterable<RuleFinding> {
  if (group === '' && kind === 'Service' && port === undefined) {
    yield error(
      `${at}.port`,
      `port is missing: a Service is called on one of its ports; add the port of ${name}`,
    );
  }
}

export function* sessionFindings(session: SessionPersistence | undefined, at: string): Iterable<RuleFinding> {
  if (session?.cookieConfig === undefined) return;
  if (session.type === 'Header') {
    yield error(`${at}.cookieConfig`, 'cookieConfig is for type Cookie; remove it');
  }
  if (session.cookieConfig.lifetimeType === 'Permanent' && session.absoluteTimeout === undefined) {
    yield error(`${at}.absoluteTimeout`, 'a permanent cookie needs an absoluteTimeout; add it');
  }
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
