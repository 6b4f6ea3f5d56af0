/** Who a proxy says it is: ProxyNode <-> envoy.config.core.v3.Node, in Istio's names where one exists. */
import type { JsonObject } from '@bufbuild/protobuf';
import { bytesToJson, jsonToBytes } from './descriptors/registry.ts';
import { FieldReader } from './resource/field-reader.ts';

export interface ProxyNode {
  /** Unique among the proxies of a mesh; see `proxyId`. */
  readonly id: string;
  readonly kind: 'sidecar' | 'gateway';
  readonly workload: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the workload: `v1`; "" when it has none. */
  readonly version: string;
  /** `heddle/0.1.0`. */
  readonly userAgent: string;
  /** Where peers reach it. */
  readonly address: string;
  /** Where its inbound listener is when that is not the mesh's default; 0 otherwise. */
  readonly inboundPort: number;
  /** Where the application listens; 0 for a gateway. */
  readonly appPort: number;
  /** The WorkloadGroup that it registers as a member of; absent: of none. */
  readonly group?: string;
}

const nodeMessage = 'envoy.config.core.v3.Node';

/**
 * Istio's form of a node id, such as `sidecar~10.0.1.7~reviews-v1-0.default~default.svc.cluster.local`.
 *
 * @param name  of the instance: two instances of a workload need two
 */
export function proxyId(proxy: {
  readonly kind: ProxyNode['kind'];
  readonly address: string;
  readonly name: string;
  readonly namespace: string;
  readonly clusterDomain: string;
}): string {
  const role = proxy.kind === 'gateway' ? 'router' : 'sidecar';
  return `${role}~${proxy.address}~${proxy.name}.${proxy.namespace}~${proxy.namespace}.svc.${proxy.clusterDomain}`;
}

/** @param csrPem  a request for a certificate to go with it */
export function encodeNode(node: ProxyNode, csrPem?: string): Uint8Array {
  const slash = node.userAgent.indexOf('/');
  const metadata: JsonObject = {
    NAMESPACE: node.namespace,
    WORKLOAD_NAME: node.workload,
    SERVICE_ACCOUNT: node.serviceAccount,
    LABELS: { ...node.labels },
    INSTANCE_IPS: node.address,
    HEDDLE_VERSION: node.version,
    HEDDLE_INBOUND_PORT: node.inboundPort,
    HEDDLE_APP_PORT: node.appPort,
  };
  if (node.group !== undefined) metadata['AUTO_REGISTER_GROUP'] = node.group;
  if (csrPem !== undefined) metadata['CSR'] = csrPem;
  return jsonToBytes(nodeMessage, {
    id: node.id,
    cluster: `${node.workload}.${node.namespace}`,
    metadata,
    userAgentName: slash < 0 ? node.userAgent : node.userAgent.slice(0, slash),
    userAgentVersion: slash < 0 ? '' : node.userAgent.slice(slash + 1),
  });
}

/** @throws Error naming the field that is missing or malformed, or that contradicts the id */
export function decodeNode(bytes: Uint8Array): {
  readonly node: ProxyNode;
  readonly csrPem: string | undefined;
} {
  const message = new FieldReader(bytesToJson(nodeMessage, bytes), '');
  const metadata = message.field('metadata');
  const id = message.string('id');
  const parts = /^(sidecar|router)~([^~]{1,64})~([^~]{1,253})~[^~]{0,253}$/.exec(id);
  if (parts === null) {
    return message
      .field('id')
      .fail(`expected sidecar~ADDRESS~NAME.NAMESPACE~DOMAIN, got "${id.slice(0, 100)}"`);
  }
  const namespace = name(metadata, 'NAMESPACE');
  if (!parts[3]?.endsWith(`.${namespace}`)) {
    return message.field('id').fail(`"${id}" is not of namespace ${namespace}`);
  }
  return {
    node: {
      id,
      kind: parts[1] === 'router' ? 'gateway' : 'sidecar',
      workload: name(metadata, 'WORKLOAD_NAME'),
      namespace,
      serviceAccount: name(metadata, 'SERVICE_ACCOUNT'),
      labels: labels(metadata.field('LABELS')),
      version: metadata.string('HEDDLE_VERSION') || metadata.field('LABELS').string('version'),
      userAgent: userAgent(message),
      address: metadata.string('INSTANCE_IPS').split(',')[0] || (parts[2] ?? ''),
      inboundPort: port(metadata, 'HEDDLE_INBOUND_PORT'),
      appPort: port(metadata, 'HEDDLE_APP_PORT'),
      ...(metadata.string('AUTO_REGISTER_GROUP') === ''
        ? {}
        : { group: name(metadata, 'AUTO_REGISTER_GROUP') }),
    },
    csrPem: metadata.has('CSR') ? metadata.string('CSR') : undefined,
  };
}

/** A Kubernetes name: it becomes part of a SPIFFE ID, where `/` would mean another identity. */
function name(metadata: FieldReader, key: string): string {
  const value = metadata.string(key);
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(value)) return value;
  return metadata
    .field(key)
    .fail(`expected a name of lower case letters, digits, "-" and ".", got "${value.slice(0, 100)}"`);
}

function labels(field: FieldReader): Record<string, string> {
  const keys = field.names();
  if (keys.length > 100) return field.fail(`expected at most 100 labels, got ${keys.length}`);
  return Object.fromEntries(keys.map((key) => [key, field.string(key)]));
}

function userAgent(message: FieldReader): string {
  const version = message.string('userAgentVersion');
  return version === '' ? message.string('userAgentName') : `${message.string('userAgentName')}/${version}`;
}

function port(metadata: FieldReader, key: string): number {
  const value = metadata.number(key);
  return Number.isInteger(value) && value >= 0 && value <= 65_535
    ? value
    : metadata.field(key).fail(`expected a port, got ${value}`);
}
