import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { RouteExplainer } from '../explain/route.ts';
import { worldOf } from '../testing.ts';
import { validateDocuments } from '../validate/validate-documents.ts';

const configMap = (mesh: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    ${mesh.replaceAll('\n', '\n    ')}
---
`;
const service = `apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { ports: [{ port: 80, name: http }] }
`;
const settingsOf = (yaml: string) => worldOf(parseDocuments(yaml).documents).settings;
const from = { sidecar: { namespace: 'teas', workload: 'client', labels: {} } };
const ask = (yaml: string, host: string) =>
  new RouteExplainer(worldOf(parseDocuments(yaml).documents)).explain({ from, host, port: 80 });

describe('the ConfigMap istio in the root namespace', () => {
  it('refuses hosts that no document names (REGISTRY_ONLY)', () => {
    const only = configMap('outboundTrafficPolicy: { mode: REGISTRY_ONLY }') + service;
    expect(ask(only, 'example.org')).toMatchObject({ action: 'error', status: 502 });
    expect(ask(service, 'example.org')).toMatchObject({ action: 'route' });
  });

  it('says how often routes retry that do not say it themselves', () => {
    const retries = configMap('defaultHttpRetryPolicy: { attempts: 5, retryOn: reset }') + service;
    const reviews = 'reviews.default.svc.cluster.local';
    expect(ask(retries, reviews)).toMatchObject({ retry: { attempts: 5, on: ['reset'] } });
    expect(ask(configMap('defaultHttpRetryPolicy: { attempts: 0 }') + service, reviews)).toMatchObject({
      retry: { attempts: 0 },
    });
  });

  it('says whom documents are exported to that do not say it themselves', () => {
    const own = configMap('defaultServiceExportTo: ["."]') + service;
    expect(ask(own, 'reviews.default.svc.cluster.local')).toMatchObject({ why: [{ kind: 'Default' }] });
  });

  it('names another root namespace', () => {
    expect(settingsOf(configMap('rootNamespace: mesh')).rootNamespace).toBe('mesh');
  });

  it('leaves out what has the wrong form, and what it does not act on, and tells both', () => {
    const yaml = configMap('rootNamespace: [1]\naccessLogFile: /dev/stdout\ndefaultServiceExportTo: ["."]');
    expect(settingsOf(yaml)).toMatchObject({ rootNamespace: 'istio-system', serviceExportTo: ['.'] });
    const [result] = validateDocuments([yaml]);
    expect(result?.findings).toMatchObject([
      { code: 'HDL0020', path: 'data.mesh', message: expect.stringContaining('accessLogFile') },
      { code: 'IST0133', path: 'data.mesh', message: expect.stringContaining('rootNamespace') },
    ]);
  });

  it('keeps the defaults when it is no YAML, and says so', () => {
    const yaml = configMap('{ broken');
    expect(settingsOf(yaml).outboundTrafficPolicy).toBe('ALLOW_ANY');
    expect(validateDocuments([yaml])[0]?.findings).toMatchObject([{ code: 'IST0133' }]);
  });

  it('is no other ConfigMap', () => {
    const other = configMap('rootNamespace: mesh').replace('name: istio,', 'name: istio-other,');
    expect(settingsOf(other).rootNamespace).toBe('istio-system');
  });
});
