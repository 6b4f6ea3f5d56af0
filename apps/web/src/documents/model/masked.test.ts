import { expect, it } from 'vitest';
import { masked } from './masked.ts';

it('hides the values of a Secret in whatever form they are written, and keeps its keys and the rest', () => {
  const secret = `kind: Secret
metadata:
  name: tls
  annotations:
    note: kept
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"Secret","data":{"a":"aGlkZGVu"}}
data: # both
  tls.crt: aGlkZGVu
  "tls.key": |
    aGlkZGVu
    aGlkZGVu
stringData: { password: hidden }
type: kubernetes.io/tls
`;
  const shown = masked(secret);
  expect(shown).not.toMatch(/aGlkZGVu|hidden/);
  expect(shown.split('\n')).toHaveLength(secret.split('\n').length);
  for (const kept of [
    'name: tls',
    'note: kept',
    'tls.crt: ••••',
    '"tls.key": ••••',
    'type: kubernetes.io/tls',
  ])
    expect(shown).toContain(kept);
});
