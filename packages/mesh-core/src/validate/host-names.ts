/** Forms of names and addresses, as Istio takes them. Each tells what is wrong with a text; undefined when it is right. */
import { compileIpBlock, parseAddress } from '@heddle/traffic';

export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(text);
}

/** `*`, `*.`-less wildcards such as `*-x` and `*x`, and plain labels: the first label of a host. */
function isWildcardLabel(text: string): boolean {
  return text === '*' || (text.length <= 63 && isDnsLabel(text.replace(/^\*-?/, '')));
}

export function isIpAddress(text: string): boolean {
  // An IPv6 address may name its zone (RFC 4007): fe80::1%eth0.
  return parseAddress(text.includes(':') ? text.replace(/%[^%]+$/, '') : text) !== undefined;
}

export function addressError(text: string): string | undefined {
  return isIpAddress(text) ? undefined : `"${text}" is not an IP address`;
}

export function subnetError(text: string): string | undefined {
  const isRight = text.includes('/') ? compileIpBlock(text) !== undefined : isIpAddress(text);
  return isRight ? undefined : `"${text}" is neither an address nor a CIDR; write it as 10.1.0.0/16`;
}

export function fqdnError(text: string): string | undefined {
  return lengthError(text) ?? labelsError(text, text);
}

/** A host that may begin with a wildcard. */
export function wildcardHostError(text: string): string | undefined {
  const wrong = lengthError(text);
  if (wrong !== undefined) return wrong;
  const dot = text.indexOf('.');
  const first = dot === -1 ? text : text.slice(0, dot);
  if (!isWildcardLabel(first)) return notAHost(text, first);
  return dot === -1 ? undefined : labelsError(text.slice(dot + 1), text);
}

/**
 * `namespace/host` or, in a Gateway, a host alone: no short names, and of wildcards `*` and `*.` alone.
 *
 * @param own how the document calls its own kind: a Gateway takes addresses too, a Sidecar may leave namespaces out by `~`
 */
export function scopedHostError(text: string, own: 'Gateway' | 'Sidecar'): string | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) {
    return own === 'Gateway'
      ? hostPartError(text, own)
      : `"${text}" has no namespace; write it as namespace/host, ./host or */host`;
  }
  const [namespace, host] = [text.slice(0, slash), text.slice(slash + 1)];
  if (namespace === '' || host === '')
    return `"${text}": namespace and host are both needed around the slash`;
  const plain = own === 'Sidecar' ? namespace.replace(/^~/, '') : namespace;
  if (plain !== '*' && plain !== '.' && !(plain === '' && own === 'Sidecar') && !isDnsLabel(plain)) {
    return `"${namespace}" is not a namespace; write a name, * or .`;
  }
  return hostPartError(host, own);
}

function hostPartError(host: string, own: 'Gateway' | 'Sidecar'): string | undefined {
  if (host !== '*' && !host.includes('.')) {
    return `"${host}" is a short name; write the full name`;
  }
  const wrong = wildcardHostError(host);
  if (wrong !== undefined && !(own === 'Gateway' && isIpAddress(host))) return wrong;
  return partialWildcardError(host);
}

export function partialWildcardError(host: string): string | undefined {
  return host.includes('*') && host !== '*' && !host.startsWith('*.')
    ? `"${host}": a wildcard is a whole label here, as in *.example.com`
    : undefined;
}

function lengthError(text: string): string | undefined {
  if (text === '') return 'the host is empty; name one';
  return text.length > 255 ? `the host has ${text.length} characters, at most 255` : undefined;
}

function labelsError(labels: string, host: string): string | undefined {
  const parts = labels.split('.');
  const last = parts.at(-1) ?? '';
  if (/^\d+$/.test(last)) return `"${host}" is not a host name: its last label is a number`;
  // A trailing dot says that the name is complete.
  const written = last === '' ? parts.slice(0, -1) : parts;
  const wrong = written.find((label) => !isDnsLabel(label));
  return wrong === undefined ? undefined : notAHost(host, wrong);
}

function notAHost(host: string, label: string): string {
  return `"${host}" is not a host name: "${label}" is not a DNS label; write a service such as reviews or reviews.default.svc.cluster.local`;
}

/** The path of a Unix domain socket, without `unix://`; `@name` is an abstract one. */
export function socketPathError(path: string): string | undefined {
  if (path === '') return 'the path of the socket is empty; write it as unix:///path';
  if (path.startsWith('@')) return undefined;
  return path.startsWith('/') && !path.endsWith('/')
    ? undefined
    : `"${path}" is not the absolute path of a file; write it as unix:///path`;
}
