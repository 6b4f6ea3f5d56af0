import type { ServicePort } from '@heddle/schema';
import { protocolError } from './protocols.ts';
import { type RuleFinding, ruleFor } from './rule.ts';

/** Ports whose protocol goes without saying: SMTP, DNS, MySQL, MongoDB. */
const wellKnownPorts: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);
/** Values of appProtocol that Kubernetes defines (KEP-3726). */
const kubernetesProtocols: ReadonlySet<string> = new Set([
  'kubernetes.io/h2c',
  'kubernetes.io/ws',
  'kubernetes.io/wss',
]);

/** Kubernetes' own: nothing there is of the mesh. */
const systemNamespaces: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);

/** The protocol of a Service's port is said by its name (IST0118; of an ExternalName IST0150) or its appProtocol (KIA0602). */
export const portNames = ruleFor('services', function* ({ key, object: { spec } }, world) {
  if (systemNamespaces.has(key.namespace) || key.namespace === world.settings.rootNamespace) return;
  for (const [i, port] of (spec.ports ?? []).entries()) {
    const isExternal = spec.type === 'ExternalName';
    if (saysProtocol(port) && !(isExternal && port.name === 'tcp')) continue;
    const field = port.appProtocol === undefined ? 'name' : 'appProtocol';
    yield {
      ...kindOf(field, isExternal),
      path: `spec.ports[${i}].${field}`,
      message: `${field} "${port[field] ?? ''}" says no protocol, so it is found out from the bytes; write http, grpc, tcp and the like, or such a prefix as in http-web`,
    };
  }
});

function kindOf(field: 'name' | 'appProtocol', isExternal: boolean): Pick<RuleFinding, 'code' | 'severity'> {
  if (field === 'appProtocol') return { code: 'KIA0602', severity: 'warning' };
  return isExternal ? { code: 'IST0150', severity: 'warning' } : { code: 'IST0118', severity: 'info' };
}

function saysProtocol({ port, name = '', protocol, appProtocol }: ServicePort): boolean {
  if (protocol === 'UDP') return true;
  if (appProtocol !== undefined) {
    return kubernetesProtocols.has(appProtocol) || protocolError(appProtocol) === undefined;
  }
  if (wellKnownPorts.has(port)) return true;
  return /^grpc-web/i.test(name) || protocolError(name.split('-', 1)[0] ?? '') === undefined;
}
