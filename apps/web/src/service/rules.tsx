/** The rules in the order in which they are tried, and the document they stand in. */
import { Link } from '@tanstack/react-router';
import type { ResourceKey, ServiceDetail, ServiceRule } from '@heddle/schema';
import { documentId } from '../ui/kinds.ts';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { splitUnanswered } from './model/versions.ts';
import { versionColor } from './version-cards.tsx';

export function Rules({ detail, onShift }: { detail: ServiceDetail; onShift: (rule: number) => void }) {
  const { joined, owner, rules, shadowed } = detail.routing;
  const versions = splitUnanswered(detail.versions).named.map((version) => version.version);
  if (owner === null) {
    return (
      <Section level={2} title="Rules">
        <p className="soft">None. Requests go to any ready instance, whatever its version.</p>
      </Section>
    );
  }
  return (
    <Section
      level={2}
      title="Rules"
      note={
        <>
          <Link to="/documents" search={{ doc: documentId(owner) }} className="text-link">
            {owner.kind} {owner.namespace}/{owner.name}
          </Link>
          {joined.length > 0 && ` and ${joined.length} more`}, {winner(owner.kind)},{' '}
          <Link to="/changes" search={{ rev: owner.revision }} className="text-link">
            r{owner.revision}
          </Link>
        </>
      }
    >
      <ol className="rules">
        {rules.map((rule, index) => (
          <li key={`${rule.document} ${rule.path}`}>
            <Link
              to="/documents"
              search={{ doc: documentId([owner, ...joined][rule.document] ?? owner), at: rule.path }}
              className="rule-path"
            >
              <code className="faint">{rule.path.replace(/^spec\./, '')}</code>
            </Link>
            <span className="rule-match">
              {rule.match}
              {rule.extras.length > 0 && <span className="faint"> · {rule.extras.join(', ')}</span>}
            </span>
            <RuleBar rule={rule} versions={versions} />
            <span className="soft rule-words">
              {rule.parts
                .map((part) => `${part.version ?? part.subset ?? part.host} ${Math.round(part.weight)}`)
                .join(' · ')}{' '}
              %
            </span>
            {(rule.parts.length > 1 || owner.kind === 'VirtualService') && (
              <button
                type="button"
                className="button small"
                onClick={() => onShift(index)}
                aria-label={`Shift traffic of ${rule.path}`}
              >
                <Icon name="shift" size={12} /> Shift
              </button>
            )}
          </li>
        ))}
      </ol>
      {shadowed.length > 0 && <Shadowed owner={owner} shadowed={shadowed} />}
    </Section>
  );
}

/** Gateway API routes are tried by how much they match, the others as they are written. */
function winner(kind: string): string {
  if (kind === 'HTTPRoute' || kind === 'GRPCRoute') return 'the most specific match wins';
  return kind === 'TrafficSplit' ? 'by weight' : 'first match wins';
}

/** What somebody wrote for this service and nobody follows. */
function Shadowed({ owner, shadowed }: { owner: ResourceKey; shadowed: readonly ResourceKey[] }) {
  return (
    <ul className="shadowed">
      {shadowed.map((document) => (
        <li key={documentId(document)} className="small">
          <span className="chip is-degraded" title="HDL0001">
            Shadowed
          </span>{' '}
          <Link to="/documents" search={{ doc: documentId(document) }} className="text-link">
            {document.kind} {document.namespace}/{document.name}
          </Link>{' '}
          <span className="soft">
            is not heard here: {owner.kind} {owner.namespace}/{owner.name} owns the host.
          </span>
        </li>
      ))}
    </ul>
  );
}

function RuleBar({ rule, versions }: { rule: ServiceRule; versions: readonly string[] }) {
  return (
    <span className="rule-bar" aria-hidden="true">
      {rule.parts
        .filter((part) => part.weight > 0)
        .map((part) => (
          <i
            key={part.weightPath}
            style={{
              flex: part.weight,
              background: versionColor(Math.max(0, versions.indexOf(part.version ?? part.subset ?? ''))),
            }}
          />
        ))}
    </span>
  );
}
