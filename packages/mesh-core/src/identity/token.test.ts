import { beforeEach, describe, expect, it } from 'vitest';
import { EnrolmentTokens, inMemoryTokenStore, type TokenRecord } from './token.ts';

const startMs = Date.UTC(2026, 0, 1);
const claim = {
  id: 'proxy-1',
  namespace: 'default',
  serviceAccount: 'bookinfo-reviews',
  workload: 'reviews-v1',
};
const binding = { namespace: 'default', serviceAccount: 'bookinfo-reviews', ttlMs: 600_000, uses: 1 };

let nowMs: number;
let stored: TokenRecord[];
let tokens: EnrolmentTokens;
beforeEach(() => {
  nowMs = startMs;
  stored = [];
  const memory = inMemoryTokenStore();
  const store = {
    get: memory.get,
    put(record: TokenRecord) {
      stored.push(record);
      memory.put(record);
    },
  };
  tokens = new EnrolmentTokens({ store, now: () => nowMs });
});

describe('an enrolment token', () => {
  it('lets in a proxy of its namespace and service account', () => {
    const { secret } = tokens.create(binding);
    expect(tokens.redeem(secret, claim)).toMatchObject({ ok: true, token: { proxyIds: ['proxy-1'] } });
  });

  it('is stored as a hash only', () => {
    const { secret } = tokens.create(binding);
    tokens.redeem(secret, claim);
    expect(JSON.stringify(stored)).not.toContain(secret.slice(4));
  });

  it.each([
    [
      { serviceAccount: 'bookinfo-ratings' },
      'token is bound to default/bookinfo-reviews, the proxy says default/bookinfo-ratings',
    ],
    [
      { namespace: 'prod' },
      'token is bound to default/bookinfo-reviews, the proxy says prod/bookinfo-reviews',
    ],
    [{ workload: 'reviews-v2' }, 'token is bound to workload reviews-v1, the proxy says reviews-v2'],
  ])('does not let in a proxy that claims %j', (other, reason) => {
    const { secret } = tokens.create({ ...binding, workload: 'reviews-v1' });
    expect(tokens.redeem(secret, { ...claim, ...other })).toEqual({ ok: false, reason });
  });

  it('lets nobody new in after it ended', () => {
    const { secret } = tokens.create(binding);
    nowMs += 600_000;
    expect(tokens.redeem(secret, claim)).toEqual({
      ok: false,
      reason: 'token expired at 2026-01-01T00:10:00.000Z',
    });
  });

  it('lets in as many proxies as it has uses, and those again', () => {
    const { secret } = tokens.create({ ...binding, uses: 2 });
    expect(tokens.redeem(secret, claim).ok).toBe(true);
    expect(tokens.redeem(secret, { ...claim, id: 'proxy-2' }).ok).toBe(true);
    expect(tokens.redeem(secret, { ...claim, id: 'proxy-3' })).toEqual({
      ok: false,
      reason: 'token has let in all 2 of its proxies',
    });
    expect(tokens.redeem(secret, claim).ok).toBe(true);
  });

  it('lets a proxy that it let in come back after it ended, until it is revoked', () => {
    const { secret, token } = tokens.create(binding);
    tokens.redeem(secret, claim);
    nowMs += 100 * 600_000;
    expect(tokens.redeem(secret, claim).ok).toBe(true);
    tokens.revoke(token.hash);
    expect(tokens.redeem(secret, claim)).toEqual({ ok: false, reason: 'the token was revoked' });
  });

  it.each([[undefined], [''], ['hdl_guess']])('is not %j', (secret) => {
    tokens.create(binding);
    expect(tokens.redeem(secret, claim).ok).toBe(false);
  });

  it.each([
    [{ uses: 0 }, 'uses 0: expected 1..10000'],
    [{ uses: 1.5 }, 'uses 1.5: expected 1..10000'],
    [{ ttlMs: 0 }, 'ttlMs 0: expected more than 0'],
  ])('is not made with %j', (wrong, message) => {
    expect(() => tokens.create({ ...binding, ...wrong })).toThrow(message);
  });
});
