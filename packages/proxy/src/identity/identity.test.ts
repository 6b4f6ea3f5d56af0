import { describe, expect, it } from 'vitest';
import { ca, identityOf, idOf } from '../testing/mesh.ts';
import { openIdentity } from './identity.ts';
import { parseSpiffeId, spiffeIdOf } from './peer.ts';
import { renewalDelayMs } from './renewal.ts';

describe('a SPIFFE ID', () => {
  it('names trust domain, namespace and service account', () => {
    expect(parseSpiffeId('spiffe://cluster.local/ns/default/sa/reviews')).toEqual({
      spiffeId: 'spiffe://cluster.local/ns/default/sa/reviews',
      trustDomain: 'cluster.local',
      namespace: 'default',
      serviceAccount: 'reviews',
    });
  });

  it.each([
    'spiffe://cluster.local/ns/default',
    'spiffe://cluster.local/ns/default/sa/a/b',
    'spiffe://cluster.local/ns/default/sa/a?b',
    'spiffe:///ns/default/sa/a',
    'spiffe://cluster.local/ns/default/sa/a"',
    'spiffe://cluster.local/ns/../sa/a',
    'SPIFFE://cluster.local/ns/default/sa/a',
    'https://cluster.local/ns/default/sa/a',
  ])('is not %s', (uri) => {
    expect(parseSpiffeId(uri)).toBeUndefined();
  });

  it('is not read out of a name that only contains one', () => {
    const id = idOf('reviews');
    expect(spiffeIdOf({ subjectaltname: `URI:${id}` })?.spiffeId).toBe(id);
    expect(spiffeIdOf({ subjectaltname: `DNS:x, URI:${id}` })?.spiffeId).toBe(id);
    expect(spiffeIdOf({ subjectaltname: `URI:${id}, URI:${idOf('ratings')}` })).toBeUndefined();
    expect(spiffeIdOf({ subjectaltname: `DNS:"x, URI:${id}"` })).toBeUndefined();
    expect(spiffeIdOf({ subjectaltname: undefined })).toBeUndefined();
  });
});

describe('an identity', () => {
  it('must have exactly one SPIFFE ID, and a key that fits', () => {
    expect(openIdentity(identityOf('reviews'), 1).spiffeId).toBe(idOf('reviews'));
    expect(() => openIdentity(ca.issue(['https://example.org']), 1)).toThrow('expected one SPIFFE ID');
    const { privateKeyPem } = identityOf('reviews');
    expect(() => openIdentity({ ...identityOf('reviews'), privateKeyPem }, 1)).toThrow('key values mismatch');
  });
});

describe('renewal', () => {
  const hour = { notBeforeMs: 0, notAfterMs: 3_600_000 };

  it('is due at half of the life, give or take a twentieth of it', () => {
    expect(renewalDelayMs(hour, 0, 0.5)).toBe(1_800_000);
    expect(renewalDelayMs(hour, 0, 0)).toBe(1_710_000);
    expect(renewalDelayMs(hour, 600_000, 0)).toBe(1_110_000);
  });

  it('is asked for again every few seconds once it is overdue', () => {
    expect(renewalDelayMs(hour, 3_500_000, 0.5)).toBe(5_000);
  });
});
