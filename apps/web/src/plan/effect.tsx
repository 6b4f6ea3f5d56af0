/** What proxies would be told otherwise, node by node, in the words of xDS. */
import type { IrChange, Plan } from '@heddle/schema';
import { Diff } from '../ui/diff.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';

/** More nodes than anybody reads: a policy of the root namespace reaches every listener. */
const mostNodes = 20;

export function PlanEffect({ plan }: { plan: Plan }) {
  if (plan.ir.length === 0) return null;
  return (
    <Section
      title={`Told to proxies ${plan.ir.length}`}
      note={`${plan.affectedProxies.length} of ${plan.totalProxies} proxies`}
    >
      {plan.ir.slice(0, mostNodes).map((change) => (
        <Node key={`${change.type} ${change.name} ${change.proxies[0] ?? ''}`} change={change} />
      ))}
      {plan.ir.length > mostNodes && <p className="faint small">and {plan.ir.length - mostNodes} more</p>}
    </Section>
  );
}

const words: Readonly<Record<IrChange['type'], string>> = {
  listener: 'Listener',
  'virtual-host': 'Virtual host',
  cluster: 'Cluster',
  endpoints: 'Endpoints',
};

function Node({ change: { type, name, change, proxies, lines } }: { change: IrChange }) {
  return (
    <details className="document-diff">
      <summary>
        <Icon name="chevron" size={12} />
        <span className="soft">{words[type]}</span>
        <span className="mono clip" title={name}>
          {name}
        </span>
        <span className="faint">
          {change}, {proxies.length} {proxies.length === 1 ? 'proxy' : 'proxies'}
        </span>
      </summary>
      <ul className="node-proxies faint small">
        {proxies.slice(0, 6).map((proxy) => (
          <li key={proxy}>
            <code>{proxy}</code>
          </li>
        ))}
        {proxies.length > 6 && <li>and {proxies.length - 6} more</li>}
      </ul>
      {lines.length > 0 && <Diff lines={lines} label={`Diff of ${name}`} />}
    </details>
  );
}
