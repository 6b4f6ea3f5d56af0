import type { ServiceEntrySpec } from '@heddle/schema';
import {
  fqdnError,
  isDnsLabel,
  isIpAddress,
  partialWildcardError,
  subnetError,
  wildcardHostError,
} from './host-names.ts';
import { labelFindings, selectorFindings } from './label-values.ts';
import { isHttp, isTcp, isTls, protocolError } from './protocols.ts';
import { errorIf, exclusive, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';
import { addressFindings, portFindings, workloadEntryFindings } from './workload-entry-shape.ts';

/** Hosts, addresses, ports and endpoints of a ServiceEntry go together as its resolution asks (IST0106). */
export const serviceEntryShape = documentRule('serviceEntries', function* ({ object: { spec, metadata } }) {
  if (spec.workloadSelector !== undefined) {
    yield* selectorFindings('spec.workloadSelector', 'labels', spec.workloadSelector.labels);
  }
  yield* exclusive('spec', spec, ['workloadSelector', 'endpoints']);
  for (const [i, host] of spec.hosts.entries()) {
    const path = `spec.hosts[${i}]`;
    if (host === '*') yield schemaError(path, '"*" would be every host; name them, or write *.example.com');
    else yield* errorIf(path, wildcardHostError(host));
    const partial = spec.resolution === 'DYNAMIC_DNS' ? undefined : partialWildcardError(host);
    if (partial !== undefined) yield schemaWarning(path, partial);
  }
  for (const [i, address] of (spec.addresses ?? []).entries()) {
    yield* errorIf(`spec.addresses[${i}]`, subnetError(address));
  }
  const allocates =
    (spec.resolution ?? 'NONE') !== 'NONE' &&
    metadata.labels?.['networking.istio.io/enable-autoallocate-ip']?.toLowerCase() !== 'false';
  yield* servicePortFindings(spec, allocates);
  yield* resolutionFindings(spec);
  const waypoint = metadata.labels?.['istio.io/use-waypoint'] ?? '';
  const isInside = spec.location === 'MESH_INTERNAL';
  if (spec.resolution === 'DYNAMIC_DNS' && isInside && !/^(?:none)?$/i.test(waypoint)) {
    yield schemaError(
      'spec.resolution',
      `waypoint "${waypoint}" resolves no names inside of the mesh; use location: MESH_EXTERNAL, or remove the label istio.io/use-waypoint`,
    );
  }
  yield* manyHostsFindings(spec);
});

function* servicePortFindings(
  { ports = [], addresses = [] }: ServiceEntrySpec,
  allocates: boolean,
): Iterable<RuleFinding> {
  const names = new Set<string>();
  const numbers = new Set<number>();
  for (const [i, { name, number, protocol = '' }] of ports.entries()) {
    const path = `spec.ports[${i}]`;
    if (names.has(name))
      yield schemaError(`${path}.name`, `there is a port "${name}" already; rename one of them`);
    if (numbers.has(number))
      yield schemaError(`${path}.number`, `there is a port ${number} already; remove one of them`);
    names.add(name);
    numbers.add(number);
    if (!isDnsLabel(name)) {
      yield schemaError(`${path}.name`, `"${name}" cannot be the name of a port; use letters, digits and -`);
    }
    if (protocol !== '') yield* errorIf(`${path}.protocol`, protocolError(protocol));
    if (addresses.length === 0 && !allocates && /^(?:tcp)?$/i.test(protocol)) {
      yield {
        code: 'IST0134',
        severity: 'warning',
        path,
        message:
          'connections of TCP are told apart by address, and this has none: it takes every connection on the port; add addresses',
      };
    }
  }
}

function* resolutionFindings(spec: ServiceEntrySpec): Iterable<RuleFinding> {
  const { resolution = 'NONE', hosts, addresses = [], ports = [], endpoints } = spec;
  const servicePorts = new Set(ports.map(({ name }) => name));
  if (resolution !== 'NONE' && resolution !== 'STATIC') {
    const block = addresses.findIndex((address) => address.includes('/'));
    if (block !== -1) {
      yield schemaError(
        `spec.addresses[${block}]`,
        `blocks of addresses are for resolution NONE and STATIC, not ${resolution}`,
      );
    }
  }
  switch (resolution) {
    case 'NONE':
      if (endpoints !== undefined) {
        yield schemaError(
          'spec.endpoints',
          'resolution NONE calls the address that the client called; remove endpoints, or write STATIC',
        );
      }
      if (spec.workloadSelector !== undefined) {
        yield schemaWarning('spec.workloadSelector', 'resolution NONE selects no workloads; write STATIC');
      }
      return;
    case 'STATIC':
      for (const [i, endpoint] of (endpoints ?? []).entries()) {
        yield* workloadEntryFindings(`spec.endpoints[${i}]`, endpoint, { mayBeName: false, servicePorts });
      }
      return;
    case 'DNS':
    case 'DNS_ROUND_ROBIN':
      yield* dnsFindings(spec, resolution, servicePorts);
      return;
    case 'DYNAMIC_DNS':
      for (const [i, host] of hosts.entries()) {
        if (host.startsWith('*')) continue;
        yield schemaError(
          `spec.hosts[${i}]`,
          `"${host}": resolution DYNAMIC_DNS is for wildcards; write *.example.com, or DNS`,
        );
      }
      for (const field of ['addresses', 'endpoints'] as const) {
        if ((spec[field] ?? []).length === 0) continue;
        yield schemaError(
          `spec.${field}`,
          `resolution DYNAMIC_DNS resolves the host that the client called; remove ${field}`,
        );
      }
      for (const [i, { protocol = '' }] of ports.entries()) {
        if (/^(?:http|http2|grpc|tls)$/i.test(protocol)) continue;
        yield schemaError(
          `spec.ports[${i}].protocol`,
          'resolution DYNAMIC_DNS needs the name: write HTTP, HTTP2, GRPC or TLS',
        );
      }
  }
}

function* dnsFindings(
  { hosts, addresses = [], ports = [], endpoints = [] }: ServiceEntrySpec,
  resolution: string,
  servicePorts: ReadonlySet<string>,
): Iterable<RuleFinding> {
  const wildcard = endpoints.length > 0 ? -1 : hosts.findIndex((host) => fqdnError(host) !== undefined);
  if (wildcard !== -1) {
    yield schemaError(
      `spec.hosts[${wildcard}]`,
      `"${hosts[wildcard]}" cannot be looked up; name a host, or add endpoints`,
    );
  }
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) {
    yield schemaError('spec.endpoints', 'resolution DNS_ROUND_ROBIN has one endpoint at most; write DNS');
  }
  for (const [i, endpoint] of endpoints.entries()) {
    const path = `spec.endpoints[${i}]`;
    const { address = '' } = endpoint;
    if (address === '' && (endpoint.network ?? '') === '')
      yield schemaError(`${path}.address`, 'address is missing; add it');
    else if (!isIpAddress(address) && fqdnError(address) !== undefined) {
      yield schemaError(`${path}.address`, `"${address}" is neither an IP address nor a host name`);
    } else yield* addressFindings(path, endpoint, true);
    yield* portFindings(`${path}.ports`, endpoint.ports ?? {}, servicePorts);
    yield* labelFindings(`${path}.labels`, endpoint.labels);
  }
  if (addresses.length > 0 && hosts.length > 1 && ports.some(({ protocol = '' }) => isTcp(protocol))) {
    yield schemaWarning(
      'spec.hosts',
      'several hosts share one address: connections of TCP cannot be told apart; split it',
    );
  }
}

/** Several hosts are told apart by a name in HTTP or TLS; other protocols carry none. */
function* manyHostsFindings({
  resolution = 'NONE',
  hosts,
  ports = [],
}: ServiceEntrySpec): Iterable<RuleFinding> {
  if (resolution === 'NONE' || hosts.length < 2) return;
  const i = ports.findIndex(({ protocol = '' }) => !isHttp(protocol) && !isTls(protocol));
  if (i === -1) return;
  yield schemaError(
    `spec.ports[${i}].protocol`,
    'several hosts are told apart by a name in HTTP or TLS alone; write the protocol, or one ServiceEntry for each host',
  );
}
