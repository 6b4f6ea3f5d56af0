import { selects } from '../world/instance.ts';
import { isGenerated } from './gateway-hosts.ts';
import type { Rule } from './rule.ts';

/** A VirtualService names gateways that exist (KIA1102), a Gateway selects a proxy that runs (KIA0302). */
export const gatewayReferences: Rule = function* (world) {
  const known = new Set(
    [...world.documents.gateways, ...world.documents.kubernetesGateways].map(
      ({ key }) => `${key.namespace}/${key.name}`,
    ),
  );
  for (const document of world.documents.virtualServices) {
    for (const [i, name] of (document.object.spec.gateways ?? []).entries()) {
      if (name === 'mesh' || isGenerated(name)) continue;
      const [short, inNamespace = document.key.namespace] = name.includes('/') ? [] : name.split('.');
      const full = short === undefined ? name : `${inNamespace}/${short}`;
      if (known.has(full)) continue;
      yield [
        document,
        {
          code: 'KIA1102',
          severity: 'warning',
          path: `spec.gateways[${i}]`,
          message: `no Gateway "${full}" is known: these rules do not apply there until there is one`,
        },
      ];
    }
  }
  for (const document of world.documents.gateways) {
    const { selector } = document.object.spec;
    const labelled = [...world.deployments, ...world.instances];
    if (selector === undefined || labelled.some(({ labels }) => selects(selector, labels))) continue;
    const words = Object.entries(selector).map(([name, value]) => `${name}=${value}`);
    yield [
      document,
      {
        code: 'KIA0302',
        severity: 'warning',
        path: 'spec.selector',
        message: `no gateway proxy has the labels ${words.join(', ')}: nothing listens for this Gateway`,
      },
    ];
  }
};
