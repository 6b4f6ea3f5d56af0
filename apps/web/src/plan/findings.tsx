/** What validation has to say, worst first: each with its code, its place and its sentence. */
import type { Finding } from '@heddle/schema';
import { Icon, type IconName } from '../ui/icon.tsx';

export interface FindingsProps {
  readonly findings: readonly Finding[];
  /** Where the document is at hand: leads to the place of the finding. */
  readonly onPlace?: ((finding: Finding) => void) | undefined;
}

const rank = { error: 0, warning: 1, info: 2 } as const;
const glyph: Readonly<Record<Finding['severity'], IconName>> = {
  error: 'failing',
  warning: 'degraded',
  info: 'unknown',
};
const colour = { error: 'state-failing', warning: 'state-degraded', info: 'faint' } as const;
const word = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

export function Findings({ findings, onPlace }: FindingsProps) {
  const sorted = findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
  return (
    <ul className="findings">
      {sorted.map((finding) => (
        <li
          key={`${finding.code} ${finding.resource ?? ''} ${finding.path} ${finding.message}`}
          className={`finding is-${finding.severity}`}
        >
          <span className={colour[finding.severity]} title={word[finding.severity]}>
            <Icon name={glyph[finding.severity]} size={13} />
            <span className="hidden-visually">{word[finding.severity]}</span>
          </span>
          <span>{finding.message}</span>
          <Place finding={finding} onPlace={onPlace} />
        </li>
      ))}
    </ul>
  );
}

function Place({ finding, onPlace }: { finding: Finding; onPlace: FindingsProps['onPlace'] }) {
  const { code, line, path } = finding;
  const where = [path, line === undefined ? '' : `line ${line}`].filter((one) => one !== '').join(', ');
  return (
    <code>
      {code}{' '}
      {onPlace === undefined || where === '' ? (
        where
      ) : (
        <button type="button" className="text-link" onClick={() => onPlace(finding)}>
          {where}
        </button>
      )}
    </code>
  );
}
