/** What a ClientTrafficPolicy says to a listener: who its clients are, what they may do, and how TLS ends. */
import type { ClientTrafficPolicySpec } from '@heddle/schema';
import type {
  ClientAddress,
  ClientSettings,
  EndedTls,
  FilterChain,
  HttpConnectionManager,
  Listener,
  TerminatedTls,
  TlsMaterial,
  TlsVersion,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { originOf, type World } from '../../world/world.ts';
import { isGranted } from '../gateway-api/backend.ts';
import type { PlacedListener } from '../gateway-api/gateway.ts';
import { listenerTls } from '../gateway-api/listener-tls.ts';
import { authoritiesSuffix, configMap, grantedSecret, noSecret } from '../istio/credential.ts';
import { keepaliveOf } from './keepalive.ts';
import { quantityOf } from './quantity.ts';
import { type EnvoyPolicyOf, holderOf } from './targets.ts';

export type ClientPolicy = EnvoyPolicyOf<'clientTrafficPolicies'>;

/** The listener's own, else the one of its Gateway. Listeners of one port that end no TLS share one: that of the first that has any. */
export function clientPolicyOf(listeners: readonly PlacedListener[], world: World): ClientPolicy | undefined {
  if (world.documents.clientTrafficPolicies.length === 0) return undefined;
  for (const { gateway, listener } of listeners) {
    const found =
      holderOf('clientTrafficPolicies', gateway.key, listener.name, world) ??
      holderOf('clientTrafficPolicies', gateway.key, undefined, world);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a connection manager; absent where the policy says nothing of HTTP. */
export function clientSettings(policy: ClientPolicy): { readonly client?: ClientSettings } {
  const { spec } = policy.object;
  const { clientIPDetection, timeout, connection, path, headers, http2 } = spec;
  const limit = connection?.connectionLimit;
  const said: Omit<ClientSettings, 'from'> = {
    ...(clientIPDetection === undefined ? {} : addressOf(clientIPDetection)),
    ...inMs('requestTimeoutMs', timeout?.http?.requestReceivedTimeout),
    ...inMs('requestHeadersTimeoutMs', timeout?.http?.requestHeadersReceivedTimeout),
    ...inMs('idleTimeoutMs', timeout?.http?.idleTimeout),
    ...inMs('streamIdleTimeoutMs', timeout?.http?.streamIdleTimeout),
    ...inMs('maxConnectionDurationMs', limit?.maxConnectionDuration),
    ...inMs('maxStreamDurationMs', limit?.maxStreamDuration),
    ...(limit?.maxRequestsPerConnection === undefined
      ? {}
      : { maxRequestsPerConnection: limit.maxRequestsPerConnection }),
    ...(http2?.maxConcurrentStreams === undefined
      ? {}
      : { maxConcurrentStreams: http2.maxConcurrentStreams }),
    // Their defaults hold where the block is given at all (Envoy Gateway).
    ...(path === undefined
      ? {}
      : {
          mergesSlashes: path.disableMergeSlashes !== true,
          escapedSlashes: escapedSlashes[path.escapedSlashesAction ?? 'UnescapeAndRedirect'],
        }),
    ...(headers === undefined
      ? {}
      : { underscores: underscores[headers.withUnderscoresAction ?? 'RejectRequest'] }),
  };
  if (Object.keys(said).length === 0) return {};
  const fields = (['clientIPDetection', 'timeout', 'connection', 'path', 'headers', 'http2'] as const).filter(
    (field) => spec[field] !== undefined,
  );
  return { client: { ...said, from: fields.map((field) => originOf(policy, `spec.${field}`)) } };
}

/** How paths are read, as far as the proxies know a way; absent: as they do without being told. */
export function pathLevel({
  object: { spec },
}: ClientPolicy): Pick<HttpConnectionManager, 'pathNormalization'> {
  if (spec.path === undefined) return {};
  const { disableMergeSlashes = false, escapedSlashesAction = 'UnescapeAndRedirect' } = spec.path;
  if (escapedSlashesAction === 'KeepUnchanged') {
    return { pathNormalization: disableMergeSlashes ? 'BASE' : 'MERGE_SLASHES' };
  }
  return escapedSlashesAction === 'UnescapeAndForward' && !disableMergeSlashes
    ? { pathNormalization: 'DECODE_AND_MERGE_SLASHES' }
    : {};
}

const escapedSlashes = {
  KeepUnchanged: 'KEEP_UNCHANGED',
  RejectRequest: 'REJECT_REQUEST',
  UnescapeAndForward: 'UNESCAPE_AND_FORWARD',
  UnescapeAndRedirect: 'UNESCAPE_AND_REDIRECT',
} as const;

const underscores = { Allow: 'ALLOW', RejectRequest: 'REJECT_REQUEST', DropHeader: 'DROP_HEADER' } as const;

function inMs<K extends string>(name: K, text: string | undefined): Partial<Record<K, number>> {
  const ms = text === undefined ? undefined : durationMs(text);
  // The computed name is the type's own.
  return ms === undefined ? {} : ({ [name]: ms } as Record<K, number>); // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** No hop is the same as one, as in Envoy Gateway; the address of the connection is what counts without a policy, too. */
function addressOf({
  xForwardedFor,
  customHeader,
}: NonNullable<ClientTrafficPolicySpec['clientIPDetection']>): { readonly address?: ClientAddress } {
  if (customHeader !== undefined) {
    const { name, failClosed = false } = customHeader;
    return { address: { kind: 'header', name: name.toLowerCase(), failsClosed: failClosed } };
  }
  const { trustedCIDRs, numTrustedHops = 1 } = xForwardedFor ?? {};
  if (trustedCIDRs !== undefined) return { address: { kind: 'trusted-blocks', blocks: trustedCIDRs } };
  return xForwardedFor === undefined
    ? {}
    : { address: { kind: 'forwarded-for', hops: Math.max(1, numTrustedHops) } };
}

export function connectionLimit({ object: { spec } }: ClientPolicy): Pick<FilterChain, 'connectionLimit'> {
  const { value, closeDelay } = spec.connection?.connectionLimit ?? {};
  if (value === undefined) return {};
  return { connectionLimit: { max: value, closeDelayMs: durationMs(closeDelay ?? '0s') ?? 0 } };
}

/** Of a port, whatever it serves. */
export function listenerSettings({
  object: { spec },
}: ClientPolicy): Pick<Listener, 'proxyProtocol' | 'keepalive' | 'bufferLimitBytes'> {
  const { proxyProtocol, enableProxyProtocol, tcpKeepalive } = spec;
  const bufferLimitBytes = quantityOf(spec.connection?.bufferLimit);
  const asks = proxyProtocol !== undefined || enableProxyProtocol === true;
  return {
    ...(asks ? { proxyProtocol: proxyProtocol?.optional === true ? 'OPTIONAL' : 'REQUIRED' } : {}),
    ...keepaliveOf(tcpKeepalive),
    ...(bufferLimitBytes === undefined ? {} : { bufferLimitBytes }),
  };
}

/** How a listener ends TLS: of clients from outside as its policy has it; mTLS of the mesh is left as it is. */
export function clientTls(placed: PlacedListener, world: World): EndedTls {
  const tls = listenerTls(placed, world);
  const policy = clientPolicyOf([placed], world);
  const settings = policy?.object.spec.tls;
  if (policy === undefined || settings === undefined || !('certificates' in tls)) return tls;
  const { minVersion, maxVersion, ciphers = [], ecdhCurves = [], clientValidation } = settings;
  return {
    ...tls,
    minVersion: versionOf(minVersion) ?? 'TLSv1_2',
    maxVersion: versionOf(maxVersion) ?? 'TLSv1_3',
    cipherSuites: ciphers.length === 0 ? tls.cipherSuites : [...new Set(ciphers)],
    ecdhCurves: ecdhCurves.length === 0 ? tls.ecdhCurves : [...new Set(ecdhCurves)],
    ...(clientValidation === undefined ? {} : validationOf(clientValidation, policy, world)),
    from: [...tls.from, originOf(policy, 'spec.tls')],
  };
}

type Tls = NonNullable<ClientTrafficPolicySpec['tls']>;
type Validation = NonNullable<Tls['clientValidation']>;

function versionOf(written: Tls['minVersion']): TlsVersion | undefined {
  switch (written) {
    case '1.0':
      return 'TLSv1_0';
    case '1.1':
      return 'TLSv1_1';
    case '1.2':
      return 'TLSv1_2';
    case '1.3':
      return 'TLSv1_3';
    case 'Auto':
    case undefined:
      return undefined;
  }
}

const modes = {
  Request: { mode: 'OPTIONAL_MUTUAL', isInsecure: true },
  RequireAny: { mode: 'MUTUAL', isInsecure: true },
  VerifyIfGiven: { mode: 'OPTIONAL_MUTUAL', isInsecure: false },
  RequireAndVerify: { mode: 'MUTUAL', isInsecure: false },
} as const;

function validationOf(validation: Validation, policy: ClientPolicy, world: World): Partial<TerminatedTls> {
  const { mode, optional, certificateHashes = [], spkiHashes = [] } = validation;
  return {
    ...modes[mode ?? (optional === true ? 'VerifyIfGiven' : 'RequireAndVerify')],
    authorities: authoritiesOf(validation, policy, world),
    subjectAltNames: namesOf(validation),
    certificateHashes,
    publicKeyHashes: spkiHashes,
  };
}

/** A reference that is not allowed names nothing: nobody vouches for a client then. */
function authoritiesOf(
  { caCertificateRefs = [] }: Validation,
  { key }: ClientPolicy,
  world: World,
): TlsMaterial {
  const [ref] = caCertificateRefs;
  if (ref === undefined) return noSecret;
  const { group = '', kind = 'Secret', name, namespace = key.namespace } = ref;
  const isAllowed =
    namespace === key.namespace || isGranted({ group, kind, name }, namespace, { world, route: key });
  if (!isAllowed || !['Secret', 'ConfigMap'].includes(kind)) return noSecret;
  const scheme = kind === 'ConfigMap' ? configMap : grantedSecret;
  return { kind: 'secret', name: `${scheme}${namespace}/${name}${authoritiesSuffix}` };
}

/** Patterns of names are not understood: where there is nothing else, no certificate has the name. */
function namesOf({ subjectAltNames = {} }: Validation): string[] {
  const {
    dnsNames = [],
    emailAddresses = [],
    ipAddresses = [],
    uris = [],
    otherNames = [],
  } = subjectAltNames;
  const all = [...dnsNames, ...emailAddresses, ...ipAddresses, ...uris];
  const exact = all.filter(({ type = 'Exact' }) => type === 'Exact').map(({ value }) => value);
  return exact.length === 0 && all.length + otherNames.length > 0 ? [noSecret.name] : exact;
}
