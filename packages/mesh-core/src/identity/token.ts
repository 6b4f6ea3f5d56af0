/**
 * Enrolment tokens: how a proxy proves, the first time, whose workload it stands beside.
 *
 * A token is bound to one namespace and service account, ends, and lets in as many proxies as its `uses`. A proxy that was
 * let in may come back with it, also after it ended and without using it up again: otherwise a restart of the control
 * plane would lock out a mesh that is older than its tokens. `revoke` ends that too. Only a hash is stored.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface TokenRecord {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** undefined: any workload of the service account. */
  readonly workload?: string;
  readonly createdAtMs: number;
  /** New proxies are let in until then. */
  readonly expiresAtMs: number;
  /** How many proxies it lets in. */
  readonly uses: number;
  /** The ids of those it has let in. */
  readonly proxyIds: readonly string[];
  readonly isRevoked: boolean;
}

export interface TokenStore {
  get(hash: string): TokenRecord | undefined;
  /** Adds or replaces the record of that hash. */
  put(record: TokenRecord): void;
}

/** What a proxy says of itself. */
export interface EnrolmentClaim {
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly workload: string;
}

type Verdict =
  | { readonly ok: true; readonly token: TokenRecord }
  | { readonly ok: false; readonly reason: string };

const maxUses = 10_000;

export class EnrolmentTokens {
  readonly #store: TokenStore;
  readonly #now: () => number;

  constructor({ store, now }: { readonly store: TokenStore; readonly now: () => number }) {
    this.#store = store;
    this.#now = now;
  }

  /** @returns the secret, which is not kept anywhere. @throws RangeError when `ttlMs` or `uses` is out of range */
  create(binding: {
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly workload?: string;
    readonly ttlMs: number;
    readonly uses: number;
  }): { readonly secret: string; readonly token: TokenRecord } {
    const { namespace, serviceAccount, workload, ttlMs, uses } = binding;
    if (!(ttlMs > 0)) throw new RangeError(`ttlMs ${ttlMs}: expected more than 0`);
    if (!Number.isInteger(uses) || uses < 1 || uses > maxUses) {
      throw new RangeError(`uses ${uses}: expected 1..${maxUses}`);
    }
    const secret = `hdl_${randomBytes(32).toString('base64url')}`;
    const token: TokenRecord = {
      hash: hashOf(secret),
      namespace,
      serviceAccount,
      ...(workload === undefined ? {} : { workload }),
      createdAtMs: this.#now(),
      expiresAtMs: this.#now() + ttlMs,
      uses,
      proxyIds: [],
      isRevoked: false,
    };
    this.#store.put(token);
    return { secret, token };
  }

  /** Lets a proxy in, or says why not. The reason never repeats the secret. */
  redeem(secret: string | undefined, claim: EnrolmentClaim): Verdict {
    if (secret === undefined || secret === '') return refuse('no token was presented');
    const hash = hashOf(secret);
    const token = this.#store.get(hash);
    if (token === undefined || !isEqual(token.hash, hash)) return refuse('the token is unknown');
    if (token.isRevoked) return refuse('the token was revoked');
    const mismatch = bindingMismatch(token, claim);
    if (mismatch !== undefined) return refuse(mismatch);
    if (token.proxyIds.includes(claim.id)) return { ok: true, token };
    if (this.#now() >= token.expiresAtMs) {
      return refuse(`token expired at ${new Date(token.expiresAtMs).toISOString()}`);
    }
    if (token.proxyIds.length >= token.uses) {
      return refuse(`token has let in all ${token.uses} of its proxies`);
    }
    const used = { ...token, proxyIds: [...token.proxyIds, claim.id] };
    this.#store.put(used);
    return { ok: true, token: used };
  }

  /** Nobody is let in with it any more, nor back in. */
  revoke(hash: string): void {
    const token = this.#store.get(hash);
    if (token !== undefined) this.#store.put({ ...token, isRevoked: true });
  }
}

export function inMemoryTokenStore(): TokenStore {
  const records = new Map<string, TokenRecord>();
  return {
    get: (hash) => records.get(hash),
    put(record) {
      records.set(record.hash, record);
    },
  };
}

function bindingMismatch(token: TokenRecord, claim: EnrolmentClaim): string | undefined {
  const bound = `${token.namespace}/${token.serviceAccount}`;
  const claimed = `${claim.namespace}/${claim.serviceAccount}`;
  if (!isEqual(bound, claimed)) return `token is bound to ${bound}, the proxy says ${claimed}`;
  if (token.workload !== undefined && !isEqual(token.workload, claim.workload)) {
    return `token is bound to workload ${token.workload}, the proxy says ${claim.workload}`;
  }
  return undefined;
}

function refuse(reason: string): Verdict {
  return { ok: false, reason };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** In a time that does not depend on where the two differ. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(a), 'hex'), Buffer.from(hashOf(b), 'hex'));
}
