/** What authorization looks at. A TCP connection has no method, authority, path, headers and claims. */
export interface AuthorizationRequest {
  /** SPIFFE ID that the peer proved; undefined for plaintext. */
  readonly peer?: string | undefined;
  /** The port of the workload that was called. */
  readonly destinationPort: number;
  readonly destinationIp?: string | undefined;
  readonly sourceIp?: string | undefined;
  readonly remoteIp?: string | undefined;
  readonly sni?: string | undefined;
  readonly method?: string | undefined;
  /** As the client sent it, with the port if there is one. */
  readonly authority?: string | undefined;
  /** Normalised; with or without its query. */
  readonly path?: string | undefined;
  /** Claims of the verified token, space-delimited ones already split (`normalizeClaims`). */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Dynamic metadata: filter, then key. */
  readonly metadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  readonly scheme?: string | undefined;
  /** @param name lower case; several values are joined by commas */
  header(name: string): string | undefined;
  /** Of a field that came several times each value by itself. @param name lower case */
  headerValues(name: string): readonly string[];
  /** What an external authorizer answered for this request; undefined: there is no such provider. */
  provider(name: string): ProviderAnswer | undefined;
}

export type ProviderAnswer = 'allow' | 'deny' | 'error';

/** Claims as policies see them: those that are lists written with spaces become lists. */
export function normalizeClaims(
  claims: Readonly<Record<string, unknown>>,
  spaceDelimited: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      typeof value === 'string' && spaceDelimited.includes(name)
        ? value.split(' ').filter((part) => part !== '')
        : value,
    ]),
  );
}

/** Whether a token is for one of the audiences, if there are any. A scheme before and a slash behind do not count, as in Envoy. */
export function isForAudience(
  { aud }: Readonly<Record<string, unknown>>,
  audiences: readonly string[],
): boolean {
  const wanted = new Set(audiences.map(plainAudience));
  return (
    wanted.size === 0 || [aud].flat().some((one) => typeof one === 'string' && wanted.has(plainAudience(one)))
  );
}

function plainAudience(audience: string): string {
  return audience.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
