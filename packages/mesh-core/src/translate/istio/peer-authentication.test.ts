import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseDocuments } from '../../documents/parse.ts';
import { instance, worldOf } from '../../testing.ts';
import { inboundTls } from './peer-authentication.ts';

const policy = (name: string, spec: object, namespace = 'default') => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name, namespace },
  spec,
});
const selector = { matchLabels: { app: 'reviews' } };
/** The first is the oldest. */
const modeAt = (port: number, ...policies: object[]) => {
  const text = policies.map((one) => stringify(one)).join('---\n');
  const world = worldOf(parseDocuments(text).documents);
  const { mode, from } = inboundTls(instance('reviews-v1', 'reviews', 'v1'), port, world);
  return [mode, from[0]?.name];
};

describe('how a workload lets callers in', () => {
  const mesh = policy('mesh', { mtls: { mode: 'DISABLE' } }, 'istio-system');
  const wide = policy('wide', { mtls: { mode: 'PERMISSIVE' } });
  const own = policy('own', { selector, mtls: { mode: 'STRICT' } });

  it('is said by the workload’s policy, else the namespace’s, else the mesh’s', () => {
    expect(modeAt(9080, mesh, wide, own)).toEqual(['STRICT', 'own']);
    expect(modeAt(9080, mesh, wide)).toEqual(['PERMISSIVE', 'wide']);
    expect(modeAt(9080, mesh)).toEqual(['DISABLE', 'mesh']);
  });

  it('is said by the next wider one where UNSET or nothing stands', () => {
    const unset = policy('own', { selector, mtls: { mode: 'UNSET' } });
    expect(modeAt(9080, mesh, wide, unset)).toEqual(['PERMISSIVE', 'wide']);
    expect(modeAt(9080, mesh, policy('wide', {}), policy('own', { selector }))).toEqual(['DISABLE', 'mesh']);
  });

  it('is said by port where the workload’s policy names it, UNSET as for the workload', () => {
    const portLevelMtls = { 9080: { mode: 'PERMISSIVE' }, 9081: { mode: 'UNSET' } };
    const byPort = policy('own', { selector, mtls: { mode: 'STRICT' }, portLevelMtls });
    expect(modeAt(9080, mesh, wide, byPort)[0]).toBe('PERMISSIVE');
    expect(modeAt(9081, mesh, wide, byPort)[0]).toBe('STRICT');
    expect(modeAt(9082, mesh, wide, byPort)[0]).toBe('STRICT');
  });

  it('is said by the oldest alone, though it leaves it to the next wider one', () => {
    const oldest = policy('oldest', { selector });
    const later = policy('later', { selector, portLevelMtls: { 9080: { mode: 'DISABLE' } } });
    expect(modeAt(9080, oldest, later, wide)).toEqual(['PERMISSIVE', 'wide']);
    expect(modeAt(9080, policy('a', {}), policy('b', { mtls: { mode: 'STRICT' } }), mesh)).toEqual([
      'DISABLE',
      'mesh',
    ]);
  });

  it('is for the whole namespace where a selector has no labels', () => {
    const empty = policy('empty', { selector: { matchLabels: {} }, mtls: { mode: 'DISABLE' } });
    expect(modeAt(9080, empty)).toEqual(['DISABLE', 'empty']);
  });
});
