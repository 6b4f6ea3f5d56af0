import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { TlsMaterial, TlsSecret } from '@heddle/traffic';

export interface Certificate {
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

export interface Authorities {
  readonly rootsPem: string;
  /** Of whom they vouched for and are not trusted any more. */
  readonly revocationListPem?: string;
}

/** What is wanted is not there or cannot be used. The message names it and tells nothing of its content. */
export class TlsMaterialError extends Error {
  override readonly name = 'TlsMaterialError';
}

/** The secrets that this proxy was given, and the files beside it. */
export class TlsSecrets {
  readonly #secrets = new Map<string, TlsSecret>();
  #revision = 0;

  /** Grows with every secret that comes: what was made from an older one is made anew. */
  get revision(): number {
    return this.#revision;
  }

  get all(): readonly TlsSecret[] {
    return [...this.#secrets.values()];
  }

  /** @throws TlsMaterialError when it cannot be used; the one before stays */
  take(secret: TlsSecret): void {
    if (secret.kind === 'certificate') checked(`secret "${secret.name}"`, secret);
    else if (secret.kind === 'authorities') checkedAuthorities(`secret "${secret.name}"`, secret);
    this.#secrets.set(secret.name, secret);
    this.#revision++;
  }

  /** Who is listed there; nobody where it is not. */
  credentials(name: string): Extract<TlsSecret, { kind: 'credentials' }>['entries'] {
    const secret = this.#secrets.get(name);
    return secret?.kind === 'credentials' ? secret.entries : [];
  }

  opaque(name: string): string | undefined {
    const secret = this.#secrets.get(name);
    return secret?.kind === 'opaque' ? secret.value : undefined;
  }

  /** @throws TlsMaterialError when it is not there or cannot be used */
  certificate(material: TlsMaterial): Certificate {
    if (material.kind === 'files') {
      const chainPem = readPem(material.certificate);
      return checked(`file "${material.certificate}"`, {
        chainPem,
        privateKeyPem: readPem(material.privateKey),
      });
    }
    const secret = this.#secrets.get(material.name);
    if (secret?.kind !== 'certificate')
      throw new TlsMaterialError(`no certificate in secret "${material.name}"`);
    return secret;
  }

  /** @throws TlsMaterialError when they are not there or cannot be used */
  authorities(material: TlsMaterial): Authorities {
    if (material.kind === 'files') {
      const { certificate, revocationList } = material;
      return checkedAuthorities(`file "${certificate}"`, {
        rootsPem: readPem(certificate),
        ...(revocationList === undefined ? {} : { revocationListPem: readPem(revocationList) }),
      });
    }
    const secret = this.#secrets.get(material.name);
    if (secret?.kind !== 'authorities')
      throw new TlsMaterialError(`no authorities in secret "${material.name}"`);
    return secret;
  }
}

function checked(what: string, certificate: Certificate): Certificate {
  try {
    createSecureContext({ cert: certificate.chainPem, key: certificate.privateKeyPem });
  } catch (error) {
    throw unusable(what, 'certificate and key', error);
  }
  return certificate;
}

function checkedAuthorities(what: string, authorities: Authorities): Authorities {
  const { rootsPem, revocationListPem } = authorities;
  try {
    createSecureContext({ ca: rootsPem });
  } catch (error) {
    throw unusable(what, 'authorities', error);
  }
  if (!rootsPem.includes('-----BEGIN CERTIFICATE-----'))
    throw new TlsMaterialError(`${what}: no certificate in it`);
  try {
    createSecureContext(trust(authorities));
  } catch (error) {
    throw unusable(what, 'revocation list', error);
  }
  if (revocationListPem !== undefined && !revocationListPem.includes('-----BEGIN X509 CRL-----'))
    throw new TlsMaterialError(`${what}: no revocation list in it`);
  return authorities;
}

/** As Node's TLS wants to be told whom to trust. */
export function trust({ rootsPem, revocationListPem }: Authorities): { ca: string; crl?: string } {
  return { ca: rootsPem, ...(revocationListPem === undefined ? {} : { crl: revocationListPem }) };
}

/** OpenSSL's reason without what it was about, such as `key values mismatch`. */
function unusable(what: string, part: string, error: unknown): TlsMaterialError {
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : 'not PEM';
  return new TlsMaterialError(`${what}: its ${part} cannot be used (${reason})`);
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new TlsMaterialError(`file "${path}": ${why}`, { cause });
  }
}
