import { selects } from '../world/instance.ts';
import type { Typed, World } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { workloadsByNamespace } from './workloads.ts';

type Document = Pick<Typed<unknown>, 'key'>;

/** A kind of which a workload, and a namespace as a whole, hears one document alone. */
interface Settings {
  readonly kind: string;
  readonly path: string;
  readonly codes: { readonly workload: string; readonly namespace: string };
  readonly documents: readonly (readonly [Document, Readonly<Record<string, string>> | undefined])[];
}

/**
 * Sidecar, Telemetry and PeerAuthentication: one for a namespace as a whole (IST0111, IST0160, KIA0002) and one for a workload
 * (IST0110, IST0159, KIA0003). Of several the oldest is heard.
 */
export const onePerWorkload: Rule = function* (world) {
  const workloads = workloadsByNamespace(world);
  for (const { kind, path, codes, documents } of settingsOf(world)) {
    for (const [namespace, own] of Map.groupBy(documents, ([{ key }]) => key.namespace)) {
      const wide = own.filter(([, labels]) => Object.keys(labels ?? {}).length === 0);
      if (wide.length > 1) {
        const names = namesOf(wide.map(([document]) => document));
        const message = `${kind}s ${names} are all for the whole of namespace ${namespace}, and only the oldest is heard; keep one, or give the others a selector`;
        for (const [document] of wide) yield [document, error(codes.namespace, path, message)];
      }
      const chosen = own.filter(([, labels]) => Object.keys(labels ?? {}).length > 0);
      if (chosen.length < 2) continue;
      const told = new Set<Document>();
      for (const { name, labels } of workloads.get(namespace) ?? []) {
        const contenders = chosen
          .filter(([, selector]) => selects(selector, labels))
          .map(([document]) => document);
        if (contenders.length < 2) continue;
        const message = `${kind}s ${namesOf(contenders)} all select workload ${name}, and only the oldest is heard; make their selectors differ`;
        for (const document of contenders) {
          if (told.has(document)) continue;
          told.add(document);
          yield [document, error(codes.workload, path, message)];
        }
      }
    }
  }
};

function settingsOf({ documents }: World): Settings[] {
  return [
    {
      kind: 'Sidecar',
      path: 'spec.workloadSelector',
      codes: { workload: 'IST0110', namespace: 'IST0111' },
      documents: documents.sidecars.map((one) => [one, one.object.spec?.workloadSelector?.labels]),
    },
    {
      kind: 'Telemetry',
      path: 'spec.selector',
      codes: { workload: 'IST0159', namespace: 'IST0160' },
      documents: documents.telemetries
        .filter(
          ({ object: { spec } }) => spec?.targetRef === undefined && (spec?.targetRefs ?? []).length === 0,
        )
        .map((one) => [one, one.object.spec?.selector?.matchLabels]),
    },
    {
      kind: 'PeerAuthentication',
      path: 'spec.selector',
      codes: { workload: 'KIA0003', namespace: 'KIA0002' },
      documents: documents.peerAuthentications.map((one) => [one, one.object.spec?.selector?.matchLabels]),
    },
  ];
}

function namesOf(documents: readonly Document[]): string {
  const names = documents.map(({ key }) => key.name);
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

function error(code: string, path: string, message: string): RuleFinding {
  return { code, severity: 'error', path, message };
}
