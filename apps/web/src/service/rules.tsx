/** The rules in the order in which they are tried, and the document they stand in. */
import { Link } from '@tanstack/react-router';
import type { ServiceDetail, ServiceRule } from '@heddle/schema';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { splitUnanswered } from './model/versions.ts';
import { versionColor } from './version-cards.tsx';

export function Rules({ detail, onShift }: { detail: ServiceDetail; onShift: (rule: number) => void }) {
  const { owner, rules } = detail.routing;
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
          {owner.kind} {owner.namespace}/{owner.name}, first match wins,{' '}
          <Link to="/changes" search={{ rev: owner.revision }} className="text-link">
            r{owner.revision}
          </Link>
        </>
      }
    >
      <ol className="rules">
        {rules.map((rule, index) => (
          <li key={rule.path}>
            <code className="faint">{rule.path.replace(/^spec\./, '')}</code>
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
            <button
              type="button"
              className="button small"
              onClick={() => onShift(index)}
              aria-label={`Shift traffic of ${rule.path}`}
            >
              <Icon name="shift" size={12} /> Shift
            </button>
          </li>
        ))}
      </ol>
    </Section>
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
