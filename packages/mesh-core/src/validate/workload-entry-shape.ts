import type { WorkloadEntrySpec } from '@heddle/schema';
import { fqdnError, isDnsLabel, isIpAddress, socketPathError } from './host-names.ts';
import { labelFindings } from './label-values.ts';
import { errorIf, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';

/** What one WorkloadEntry must have by itself: an address or a network, ports by name, labels (IST0106). */
export const workloadEntryShape = documentRule('workloadEntries', ({ object: { spec } }) =>
  workloadEntryFindings('spec', spec, { mayBeName: true }),
);

export interface EntryOptions {
  /** DNS names, besides IP addresses. */
  readonly mayBeName: boolean;
  /** Names of the ports of the ServiceEntry that it is an endpoint of. */
  readonly servicePorts?: ReadonlySet<string>;
}

export function* workloadEntryFindings(
  path: string,
  entry: WorkloadEntrySpec,
  { mayBeName, servicePorts }: EntryOptions,
): Iterable<RuleFinding> {
  const { address = '', network = '', ports = {} } = entry;
  if (address === '' && network === '') {
    yield schemaError(`${path}.address`, 'address is missing; name an address, or the network that it is in');
    return;
  }
  if (address === '') {
    yield schemaWarning(
      `${path}.address`,
      `there is no address, only network "${network}": its gateway is called`,
    );
  }
  yield* addressFindings(path, entry, mayBeName);
  yield* portFindings(`${path}.ports`, ports, servicePorts);
  yield* labelFindings(`${path}.labels`, entry.labels);
  if (address.startsWith('unix://') && servicePorts !== undefined && servicePorts.size !== 1) {
    yield schemaError(
      `${path}.address`,
      'a Unix domain socket serves one port; give the ServiceEntry exactly one',
    );
  }
}

export function* addressFindings(
  path: string,
  { address = '', ports }: WorkloadEntrySpec,
  mayBeName: boolean,
): Iterable<RuleFinding> {
  if (address.startsWith('unix://')) {
    yield* errorIf(`${path}.address`, socketPathError(address.slice('unix://'.length)));
    if (ports !== undefined)
      yield schemaError(`${path}.ports`, 'a Unix domain socket has no ports; remove them');
    return;
  }
  if (address === '' || isIpAddress(address)) return;
  if (!mayBeName)
    yield schemaError(`${path}.address`, `"${address}" is not an IP address, and resolution is STATIC`);
  else if (fqdnError(address) !== undefined) {
    yield schemaError(`${path}.address`, `"${address}" is neither an IP address nor a host name`);
  }
}

export function* portFindings(
  path: string,
  ports: Readonly<Record<string, number>>,
  servicePorts: ReadonlySet<string> | undefined,
): Iterable<RuleFinding> {
  for (const name of Object.keys(ports)) {
    const at = `${path}[${JSON.stringify(name)}]`;
    // The CRD counts one less than a DNS label may have.
    if (!isDnsLabel(name) || name.length > 62) {
      yield schemaError(at, `"${name}" cannot be the name of a port; use letters, digits and -`);
    }
    if (servicePorts !== undefined && !servicePorts.has(name)) {
      yield schemaError(at, `the ServiceEntry has no port "${name}"; name one of its ports`);
    }
  }
}
