import { selectorFindings } from './label-values.ts';
import { documentRule, schemaError } from './rule.ts';

/** Modes by port are for chosen workloads, by number (IST0106). */
export const peerAuthenticationShape = documentRule(
  'peerAuthentications',
  function* ({ object: { spec = {} } }) {
    const { selector, portLevelMtls } = spec;
    if (selector !== undefined) yield* selectorFindings('spec.selector', 'matchLabels', selector.matchLabels);
    if (portLevelMtls === undefined) return;
    if (Object.keys(selector?.matchLabels ?? {}).length === 0) {
      yield schemaError('spec.portLevelMtls', 'ports are those of workloads; add a selector that names them');
    }
    for (const port of Object.keys(portLevelMtls)) {
      if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) continue;
      yield schemaError(
        `spec.portLevelMtls[${JSON.stringify(port)}]`,
        `"${port}" is not a port; expected 1 to 65535`,
      );
    }
  },
);
