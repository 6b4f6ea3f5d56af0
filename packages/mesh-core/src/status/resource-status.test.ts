import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { instance, service, worldOf } from '../testing.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import type { Condition } from './condition.ts';
import { resourceStatus } from './resource-status.ts';

const group = 'gateway.networking.k8s.io';

function statusOf(kind: string, name: string, yaml: string, instances: readonly WorkloadInstance[] = []) {
  const { documents, findings } = parseDocuments(yaml);
  expect(findings).toEqual([]);
  const namespace = kind === 'GatewayClass' ? '' : 'default';
  return resourceStatus({ group, kind, namespace, name }, worldOf(documents, instances));
}

/** `Accepted=True Accepted`. */
const said = (conditions: readonly Condition[] | undefined) =>
  (conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);

/** For the first parent. */
function routeSays(yaml: string): string[] {
  const status = statusOf('HTTPRoute', 'route', yaml);
  return status !== undefined && 'parents' in status ? said(status.parents[0]?.conditions) : [];
}

const route = (parents: string, rule: string, more = '') => `
apiVersion: ${group}/v1
kind: HTTPRoute
metadata: { name: route }
spec: { parentRefs: [${parents}], ${more} rules: [${rule}] }
---
`;
const gateway = (listener: string) => `
apiVersion: ${group}/v1
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: heddle, listeners: [{ name: http, port: 80, protocol: HTTP, ${listener} }] }
---
`;
const toService = '{ group: "", kind: Service, name: reviews }';
const sound = '{ backendRefs: [{ name: reviews, port: 9080 }] }';
const resolved = 'ResolvedRefs=True ResolvedRefs';

describe('the status of a route', () => {
  it.each([
    ['is accepted by a Service that is there', service('reviews') + route(toService, sound), 'True Accepted'],
    ['is not by one that is not', service('ratings') + route(toService, sound), 'False NoMatchingParent'],
    [
      'is not on a port that the Service does not have',
      service('reviews') + route(toService.replace(' }', ', port: 1 }'), sound),
      'False NoMatchingParent',
    ],
    [
      'is accepted by a listener',
      service('reviews') + gateway('') + route('{ name: edge }', sound),
      'True Accepted',
    ],
    [
      'is not by a section that the Gateway does not have',
      service('reviews') + gateway('') + route('{ name: edge, sectionName: https }', sound),
      'False NoMatchingParent',
    ],
    [
      'is not where no hostname is shared',
      service('reviews') +
        gateway('hostname: "*.shop.example"') +
        route('{ name: edge }', sound, 'hostnames: [shop.example],'),
      'False NoMatchingListenerHostname',
    ],
    [
      'is not where its kind is not allowed',
      service('reviews') +
        gateway('allowedRoutes: { kinds: [{ kind: GRPCRoute }] }') +
        route('{ name: edge }', sound),
      'False NotAllowedByListeners',
    ],
    [
      'is not when none of its rules can be applied',
      service('reviews') +
        route(
          toService,
          '{ filters: [{ type: ExtensionRef, extensionRef: { group: a, kind: B, name: c } }] }',
        ),
      'False UnsupportedValue',
    ],
  ])('%s', (_, yaml, accepted) => {
    expect(routeSays(yaml)[0]).toBe(`Accepted=${accepted}`);
  });

  it.each([
    ['a kind that cannot serve', '{ name: b, kind: Bucket, group: storage.example }', 'InvalidKind'],
    ['a Service that is not there', '{ name: nowhere, port: 80 }', 'BackendNotFound'],
    ['another namespace without a grant', '{ name: reviews, namespace: other, port: 80 }', 'RefNotPermitted'],
  ])('tells a backend of %s', (_, ref, reason) => {
    const rule = `{ backendRefs: [{ name: reviews, port: 9080 }, ${ref}] }`;
    expect(routeSays(service('reviews') + gateway('') + route('{ name: edge }', rule))).toEqual([
      'Accepted=True Accepted',
      `ResolvedRefs=False ${reason}`,
    ]);
  });

  it('is partially invalid when some of its rules are answered 500', () => {
    const broken = '{ filters: [{ type: ExtensionRef, extensionRef: { group: a, kind: B, name: c } }] }';
    expect(routeSays(service('reviews') + route(toService, `${sound}, ${broken}`))).toEqual([
      'Accepted=True Accepted',
      resolved,
      'PartiallyInvalid=True UnsupportedValue',
    ]);
  });
});

describe('the status of a Gateway', () => {
  const listenerSays = (listener: string) => {
    const status = statusOf('Gateway', 'edge', gateway(listener));
    return status !== undefined && 'listeners' in status ? said(status.listeners[0]?.conditions) : [];
  };

  it('is programmed when a proxy carries its name, and counts the routes of each listener', () => {
    const proxy = instance('edge', 'edge', 'v1', {
      kind: 'gateway',
      address: '10.0.0.9',
      labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
    });
    const yaml = service('reviews') + gateway('') + route('{ name: edge }', sound);
    expect(statusOf('Gateway', 'edge', yaml, [proxy])).toMatchObject({
      addresses: [{ type: 'IPAddress', value: '10.0.0.9' }],
      conditions: [
        { type: 'Accepted', status: 'True' },
        { type: 'Programmed', status: 'True' },
      ],
      listeners: [
        {
          name: 'http',
          attachedRoutes: 1,
          supportedKinds: [
            { group, kind: 'HTTPRoute' },
            { group, kind: 'GRPCRoute' },
          ],
        },
      ],
    });
  });

  it('is not without a proxy', () => {
    const status = statusOf('Gateway', 'edge', gateway(''));
    expect(said(status !== undefined && 'conditions' in status ? status.conditions : [])).toEqual([
      'Accepted=True Accepted',
      'Programmed=False NoResources',
    ]);
  });

  it('says of each listener what is wrong with it', () => {
    expect(listenerSays('allowedRoutes: { kinds: [{ kind: TCPRoute }] }')).toContain(
      'ResolvedRefs=False InvalidRouteKinds',
    );
    expect(
      listenerSays('tls: { certificateRefs: [{ name: cert }] }').filter((one) => one.startsWith('Resolved')),
    ).toEqual(['ResolvedRefs=False InvalidCertificateRef']);
  });
});

describe('the status of a policy', () => {
  const policy = (name: string, service_ = 'reviews') => `
apiVersion: ${group}/v1
kind: BackendTLSPolicy
metadata: { name: ${name} }
spec:
  targetRefs: [{ group: "", kind: Service, name: ${service_} }]
  validation: { hostname: reviews.example, wellKnownCACertificates: System }
---
`;
  const says = (name: string, yaml: string) => {
    const status = statusOf('BackendTLSPolicy', name, yaml);
    return status !== undefined && 'ancestors' in status ? said(status.ancestors[0]?.conditions) : [];
  };

  it('is conflicted when an older one has its target', () => {
    const yaml = service('reviews') + policy('older') + policy('younger');
    expect(says('older', yaml)).toEqual(['Accepted=True Accepted']);
    expect(says('younger', yaml)).toEqual(['Accepted=False Conflicted']);
  });

  it('is not accepted without its target', () => {
    expect(says('lonely', policy('lonely', 'nowhere'))).toEqual(['Accepted=False TargetNotFound']);
  });
});

describe('the status of a policy of Envoy Gateway', () => {
  const policy = (name: string, spec: string) => `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: { name: ${name} }
spec: { ${spec} }
---
`;
  const ref = (kind: string, name: string, section = '') =>
    `targetRefs: [{ group: ${group}, kind: ${kind}, name: ${name}${section === '' ? '' : `, sectionName: ${section}`} }]`;
  const mesh =
    service('reviews') +
    gateway('') +
    route('{ name: edge }', '{ name: cart, backendRefs: [{ name: reviews, port: 9080 }] }');
  const ancestorsOf = (name: string, yaml: string) => {
    const { documents } = parseDocuments(mesh + yaml);
    const key = { group: 'gateway.envoyproxy.io', kind: 'BackendTrafficPolicy', namespace: 'default', name };
    const status = resourceStatus(key, worldOf(documents));
    return (status !== undefined && 'ancestors' in status ? status.ancestors : []).map(
      ({ ancestorRef, conditions }) => [ancestorRef.kind, ancestorRef.name, ...said(conditions)],
    );
  };

  it('is told for the Gateways of a route', () => {
    expect(ancestorsOf('one', policy('one', ref('HTTPRoute', 'route')))).toEqual([
      ['Gateway', 'edge', 'Accepted=True Accepted'],
    ]);
  });

  it('says that it is overridden by a policy for less, or joined to it', () => {
    const whole = policy('whole', ref('Gateway', 'edge'));
    const ofRule = policy('rule', ref('HTTPRoute', 'route', 'cart'));
    expect(ancestorsOf('whole', whole + ofRule)).toEqual([
      ['Gateway', 'edge', 'Accepted=True Accepted', 'Overridden=True Overridden'],
    ]);
    const merged = policy('route', `${ref('HTTPRoute', 'route')}, mergeType: StrategicMerge`);
    expect(ancestorsOf('whole', whole + merged)).toEqual([
      ['Gateway', 'edge', 'Accepted=True Accepted', 'Merged=True Merged'],
    ]);
  });

  it('is conflicted when an older one has its target', () => {
    const both = policy('older', ref('Gateway', 'edge')) + policy('younger', ref('Gateway', 'edge'));
    expect(ancestorsOf('younger', both)).toEqual([['Gateway', 'edge', 'Accepted=False Conflicted']]);
  });

  it('is not accepted where there is no such section', () => {
    expect(ancestorsOf('lost', policy('lost', ref('Gateway', 'edge', 'nowhere')))).toEqual([
      ['Gateway', 'edge', 'Accepted=False TargetNotFound'],
    ]);
  });
});

describe('the status of a GatewayClass', () => {
  const gatewayClass = (controller: string) => `
apiVersion: ${group}/v1
kind: GatewayClass
metadata: { name: mesh }
spec: { controllerName: ${controller} }
`;

  it('is accepted for our controller and for Istio, whose documents are taken unchanged', () => {
    for (const controller of ['heddle.dev/mesh-controller', 'istio.io/gateway-controller']) {
      expect(statusOf('GatewayClass', 'mesh', gatewayClass(controller))).toMatchObject({
        conditions: [{ type: 'Accepted', status: 'True' }],
      });
    }
  });

  it('is left to another controller', () => {
    expect(statusOf('GatewayClass', 'mesh', gatewayClass('example.com/other'))).toBeUndefined();
  });
});
