/** The attributes that authorization rules speak of, as conditions of the IR. One value at a time, but for the token's. */
import { compileIpBlock, type Condition, isPathTemplate, type StringMatch } from '@heddle/traffic';

export interface AttributeContext {
  readonly policyNamespace: string;
  /** The mesh's own, and those that count as the same. */
  readonly trustDomains: readonly string[];
}

export interface Attribute {
  /** TCP connections do not have it. */
  readonly isHttpOnly: boolean;
  /**
   * All values of a list succeed or fail together: an attribute of the token is matched by one matcher for the whole list.
   * Elsewhere a value that makes no condition is left out by itself.
   */
  readonly isWhole: boolean;
  /** @returns undefined when the value or the key has the wrong form */
  condition(value: string, context: AttributeContext): Condition | undefined;
}

/** @returns undefined when nobody knows the key */
export function attributeOf(key: string): Attribute | undefined {
  const known = attributes[key];
  if (known !== undefined) return known;
  if (key.startsWith('request.headers')) return headerAttribute(key.slice('request.headers'.length));
  if (key.startsWith('request.auth.claims')) return claimAttribute(key.slice('request.auth.claims'.length));
  if (key.startsWith('experimental.envoy.filters.')) return metadataAttribute(key);
  return undefined;
}

/** What the fields of an operation are called here; the other attributes have names of their own in `when`. */
export const operationAttributes = {
  hosts: perValue((value) => ({ kind: 'header', name: ':authority', ...textOrPresent(value, true) }), true),
  methods: perValue((value) => ({ kind: 'header', name: ':method', ...textOrPresent(value, false) }), true),
  paths: perValue(
    (value) =>
      isPathTemplate(value)
        ? { kind: 'path-template', template: value }
        : { kind: 'path', match: text(value) },
    true,
  ),
} as const;

const attributes: Readonly<Record<string, Attribute>> = {
  'source.ip': perValue((value) => block('source-ip', value)),
  'remote.ip': perValue((value) => block('remote-ip', value)),
  'destination.ip': perValue((value) => block('destination-ip', value)),
  'destination.port': perValue((value) =>
    /^\d+$/.test(value) && Number(value) <= 65535
      ? { kind: 'destination-port', port: Number(value) }
      : undefined,
  ),
  'connection.sni': perValue((value) => ({ kind: 'sni', match: text(value) })),
  'source.principal': perValue((value, { trustDomains }) =>
    anyOf(
      inTrustDomains(value, trustDomains).map((one) => ({ kind: 'principal', match: spiffe(one) }) as const),
    ),
  ),
  // Istio looks for the namespace anywhere in the identity, and takes `*` for any text, slashes included.
  'source.namespace': perValue((value) => principal(`.*/ns/${value.split('*').map(quoted).join('.*')}/.*`)),
  'source.serviceAccount': perValue((value, { policyNamespace }) => {
    const slash = value.indexOf('/');
    const namespace = slash === -1 ? policyNamespace : value.slice(0, slash);
    return principal(`spiffe://.+/ns/${quoted(namespace)}/(.+/|)sa/${quoted(value.slice(slash + 1))}(/.+)?`);
  }),
  'source.trustDomain': perValue((value, { trustDomains }) =>
    anyOf((trustDomains.includes(value) ? trustDomains : [value]).map(fromTrustDomain)),
  ),
  'request.auth.principal': ofToken(requestPrincipal),
  'request.auth.audiences': ofToken((value) => claim(['aud'], text(value))),
  'request.auth.presenter': ofToken((value) => claim(['azp'], text(value))),
};

function perValue(condition: Attribute['condition'], isHttpOnly = false): Attribute {
  return { isHttpOnly, isWhole: false, condition };
}

function ofToken(condition: Attribute['condition']): Attribute {
  return { isHttpOnly: true, isWhole: true, condition };
}

function headerAttribute(bracketed: string): Attribute {
  const name = /^\[(.*)\]$/.exec(bracketed)?.[1]?.toLowerCase();
  return perValue(
    (value) => (name === undefined ? undefined : { kind: 'header', name, ...textOrPresent(value, false) }),
    true,
  );
}

/** `[a][b]` is the claim b in the claim a; brackets that do not pair up so are one name. */
function claimAttribute(bracketed: string): Attribute {
  const nested = /^(?:\[[^[\]]*\])+$/.test(bracketed)
    ? [...bracketed.matchAll(/\[([^[\]]*)\]/g)].map(([, name]) => name ?? '')
    : undefined;
  const whole = /^\[(.*)\]$/.exec(bracketed)?.[1];
  const path = nested ?? (whole === undefined ? undefined : [whole]);
  return ofToken((value) => (path === undefined ? undefined : claim(path, text(value))));
}

/** `experimental.envoy.filters.a.b[c]`: the metadata c of the filter envoy.filters.a.b; a value in brackets is of a list. */
function metadataAttribute(key: string): Attribute {
  const [, filter, name] = /^experimental\.([^[]*)\[(.*?)\]?$/.exec(key) ?? [];
  return {
    isHttpOnly: false,
    isWhole: true,
    condition: (value) => {
      if (filter === undefined || name === undefined) return undefined;
      const list = value.startsWith('[') && value.endsWith(']');
      const match = text(list ? value.replace(/^[[\]]+|[[\]]+$/g, '') : value);
      return { kind: 'metadata', filter, key: name, match, list };
    },
  };
}

/** `iss/sub`, parted at the last slash, because an issuer may be a URL; either part may be a wildcard. */
function requestPrincipal(value: string): Condition {
  const slash = value.lastIndexOf('/');
  const [issuer, subject] = slash === -1 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  if (value === '*') return issuedTo(present, present);
  if (value.startsWith('*')) {
    return slash === -1 ? issuedTo(present, text(value)) : issuedTo(text(issuer), exact(subject));
  }
  if (value.endsWith('*')) {
    if (slash === -1) return issuedTo(text(value), present);
    return issuedTo(exact(issuer), subject === '*' ? present : startsWith(subject.slice(0, -1)));
  }
  return issuedTo(exact(issuer), exact(subject));
}

function issuedTo(issuer: StringMatch, subject: StringMatch): Condition {
  return {
    kind: 'all',
    of: [
      { kind: 'claim', path: ['iss'], match: issuer, lists: false },
      { kind: 'claim', path: ['sub'], match: subject, lists: false },
    ],
  };
}

function claim(path: readonly string[], match: StringMatch): Condition {
  return { kind: 'claim', path, match, lists: true };
}

function block(kind: 'source-ip' | 'remote-ip' | 'destination-ip', value: string): Condition | undefined {
  return compileIpBlock(value) === undefined ? undefined : { kind, block: value };
}

function principal(pattern: string): Condition {
  return { kind: 'principal', match: { kind: 'regex', value: pattern } };
}

function fromTrustDomain(value: string): Condition {
  if (value === '*') return principal('spiffe://.*');
  const [head = '', ...tail] = value.split('*');
  return tail.length === 0
    ? principal(`spiffe://${quoted(head)}/.*`)
    : principal(`spiffe://${quoted(head)}[^/]*${quoted(tail.join('*'))}/.*`);
}

function anyOf(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : { kind: 'some', of: conditions };
}

/**
 * A principal in every trust domain of the mesh, if it is in one of them; `cluster.local` stands for the mesh's own, whatever that
 * is called. A suffix that covers a trust domain stays as it is for that one.
 */
function inTrustDomains(value: string, trustDomains: readonly string[]): string[] {
  const [domain = '', ...rest] = value.split('/');
  if (rest.length !== 4 || domain === '*') return [value];
  const isSuffixOf = (one: string) => domain.startsWith('*') && one.endsWith(domain.slice(1));
  const isPrefixOf = (one: string) => domain.endsWith('*') && one.startsWith(domain.slice(0, -1));
  const isOwn =
    domain === 'cluster.local' ||
    trustDomains.some((one) => one === domain || isSuffixOf(one) || isPrefixOf(one));
  if (!isOwn) return [value];
  return [...new Set(trustDomains.map((one) => (isSuffixOf(one) ? value : [one, ...rest].join('/'))))];
}

const present: StringMatch = { kind: 'regex', value: '.+' };

/** `*` is any text but the empty one; `*x` ends with x, `x*` begins with x; else the text itself. */
function text(value: string, ignoreCase = false): StringMatch {
  if (value === '*') return present;
  if (value.startsWith('*')) return { kind: 'suffix', value: value.slice(1), ignoreCase };
  if (value.endsWith('*')) return { kind: 'prefix', value: value.slice(0, -1), ignoreCase };
  return { kind: 'exact', value, ignoreCase };
}

function exact(value: string): StringMatch {
  return { kind: 'exact', value, ignoreCase: false };
}

function startsWith(value: string): StringMatch {
  return { kind: 'prefix', value, ignoreCase: false };
}

/** Of a header `*` asks for presence alone: an empty value is one. */
function textOrPresent(value: string, ignoreCase: boolean): { readonly match?: StringMatch } {
  return value === '*' ? {} : { match: text(value, ignoreCase) };
}

function spiffe(value: string): StringMatch {
  if (value === '*') return present;
  if (value.startsWith('*')) return { kind: 'regex', value: `spiffe://.*${quoted(value.slice(1))}` };
  if (value.endsWith('*')) return startsWith(`spiffe://${value.slice(0, -1)}`);
  return exact(`spiffe://${value}`);
}

function quoted(literal: string): string {
  return literal.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
