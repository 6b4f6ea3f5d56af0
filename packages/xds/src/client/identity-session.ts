/** Identity over SDS: asks with a CSR, puts the two secrets together, and asks again after a refusal. */
import { X509Certificate } from 'node:crypto';
import { decodeResource } from '../resource/codec.ts';
import { bundleSecret, identitySecret } from '../resource/secret.ts';
import type { DeltaResponse } from '../wire/delta-messages.ts';

export interface Identity {
  /** Leaf first. Belongs to the key of the newest CSR. */
  readonly chainPem: string;
  readonly bundlePem: string;
  /** When the leaf ends, unix milliseconds. */
  readonly notAfterMs: number;
}

export class IdentitySession {
  #chainPem: string | undefined;
  #bundlePem: string | undefined;
  #issuedAtMs = 0;
  #notAfterMs = 0;

  /** Whether a new stream should bring a CSR: always in the second half of the certificate's life. */
  needsCertificate(nowMs: number): boolean {
    return (
      this.#chainPem === undefined || nowMs - this.#issuedAtMs > (this.#notAfterMs - this.#issuedAtMs) / 2
    );
  }

  /**
   * @returns the identity when both secrets are there and one of them is news. Throws on a secret or a certificate that cannot be
   * read.
   */
  apply(response: DeltaResponse, nowMs: number): Identity | undefined {
    const own = response.resources.filter(({ name }) => name === identitySecret || name === bundleSecret);
    if (own.length === 0) return undefined;
    for (const { name, bytes } of own) {
      const secret = decodeResource('SDS', name, bytes);
      if (name === bundleSecret && secret.kind === 'bundle') this.#bundlePem = secret.bundlePem;
      if (name === identitySecret && secret.kind === 'identity') {
        this.#notAfterMs = Date.parse(new X509Certificate(secret.chainPem).validTo);
        this.#issuedAtMs = nowMs;
        this.#chainPem = secret.chainPem;
      }
    }
    if (this.#chainPem === undefined || this.#bundlePem === undefined) return undefined;
    return { chainPem: this.#chainPem, bundlePem: this.#bundlePem, notAfterMs: this.#notAfterMs };
  }
}
