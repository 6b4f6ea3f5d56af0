import { fqdnError, isDnsLabel } from './host-names.ts';
import { errorIf, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

/** Names of Gateways as a VirtualService writes them: `name`, `namespace/name`, or `mesh` (IST0106). */
export function* gatewayNameFindings(
  path: string,
  names: readonly string[] | undefined,
): Iterable<RuleFinding> {
  for (const [i, name] of (names ?? []).entries()) {
    const at = `${path}[${i}]`;
    const slash = name.indexOf('/');
    if (slash === -1) {
      yield* errorIf(at, fqdnError(name));
      const [short, namespace] = name.split('.');
      if (namespace !== undefined) {
        yield schemaWarning(at, `"${name}" is the old form of a Gateway's name; write ${namespace}/${short}`);
      }
      // Istio reads no further than the first name without a namespace, and so accepts what is behind it.
      return;
    }
    const [namespace, gateway] = [name.slice(0, slash), name.slice(slash + 1)];
    if (!isDnsLabel(namespace))
      yield schemaError(at, `"${namespace}" is not a namespace; write namespace/name`);
    if (!isDnsLabel(gateway))
      yield schemaError(at, `"${gateway}" is not a Gateway's name; write namespace/name`);
  }
}
