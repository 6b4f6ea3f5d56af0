import { compileIpBlock } from '@heddle/traffic';

/** Attributes whose values may be any text. */
const freeAttributes: ReadonlySet<string> = new Set([
  'source.namespace',
  'source.principal',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'connection.sni',
]);
const bracketed = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'];
const retired: Readonly<Record<string, string>> = {
  'destination.namespace': 'the namespace of the policy says it',
  'destination.name': 'the selector says it',
  'destination.user': 'the selector says it',
};

/** What is wrong with an attribute of `when`, or with one value of it; undefined when it is right. */
export function attributeValueError(key: string, value?: string): string | undefined {
  if (freeAttributes.has(key)) return undefined;
  if (bracketed.some((prefix) => key.startsWith(prefix))) {
    const open = key.indexOf('[');
    const isRight = key.endsWith(']') && open > 0 && open < key.length - 2;
    return isRight ? undefined : `"${key}" has no name in brackets; write it as request.headers[x-user]`;
  }
  switch (key) {
    case 'source.ip':
    case 'remote.ip':
    case 'destination.ip':
      return value === undefined || compileIpBlock(value) !== undefined
        ? undefined
        : `"${value}" is neither an address nor a CIDR; write it as 10.1.0.0/16`;
    case 'destination.port':
      return value === undefined || (/^\d+$/.test(value) && Number(value) <= 65535)
        ? undefined
        : `"${value}" is not a port; expected 0 to 65535`;
    case 'source.serviceAccount':
      return value === undefined ? undefined : serviceAccountError(value);
    case 'source.trustDomain':
      return value === undefined ? undefined : wildcardError(value);
  }
  const instead = key.startsWith('destination.labels') ? 'the selector says it' : retired[key];
  return instead === undefined
    ? `unknown attribute "${key}"; the attributes are listed in Istio's reference of authorization conditions`
    : `the attribute "${key}" is gone: ${instead}; remove it`;
}

export function serviceAccountError(value: string): string | undefined {
  if (value.includes('*')) return `"${value}": a service account takes no wildcard; use principals for one`;
  if (value.length > 320) return `${value.length} characters, at most 320`;
  const parts = value.split('/');
  return parts.length > 2 || parts.includes('')
    ? `"${value}" is not a service account; write it as name or namespace/name`
    : undefined;
}

export function trustDomainError(value: string): string | undefined {
  if (value.includes('/'))
    return `"${value}": a trust domain has no slash; use principals for a whole identity`;
  return wildcardError(value);
}

function wildcardError(value: string): string | undefined {
  const isRight = /^(?:\*|\*?[^*]*|[^*]*\*)$/.test(value);
  return isRight ? undefined : `"${value}": one * is possible, at the beginning or at the end`;
}
