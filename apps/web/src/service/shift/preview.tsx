/** What applying would do, before it does: the diff of the real document, findings, and how many proxies it reaches. */
import { useQuery } from '@tanstack/react-query';
import type { Finding, Plan } from '@heddle/schema';
import { useDebouncedValue } from '@mantine/hooks';
import { planQuery } from '../../api/queries.ts';
import { significant } from '../../format/number.ts';
import { Diff } from '../../ui/diff.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Section } from '../../ui/panel.tsx';
import { Failure } from '../../ui/states.tsx';
import { lineDiff } from '../../ui/line-diff.ts';

const debounceMs = 200;

export interface PlanState {
  /** The plan of exactly this document: an answer for an older draft is none. */
  readonly data: Plan | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** Asked for once typing and dragging rest. */
export function usePlan(yaml: string | null): PlanState {
  const [settled] = useDebouncedValue(yaml, debounceMs);
  const atRest = settled !== null && settled === yaml;
  const query = useQuery({ ...planQuery(settled ?? ''), enabled: atRest });
  return {
    data: atRest ? query.data : undefined,
    error: atRest ? query.error : null,
    retry: () => void query.refetch(),
  };
}

export function Preview({
  plan,
  previous,
  next,
  document,
}: {
  plan: PlanState;
  previous: string;
  next: string;
  document: string;
}) {
  return (
    <>
      <Section title="Diff" note={<code>{document}</code>}>
        <Diff lines={lineDiff(previous, next)} label={`Diff of ${document}`} />
      </Section>
      {plan.error !== null ? (
        <Failure error={plan.error} what="plan" retry={plan.retry} />
      ) : (
        <Section
          title={plan.data === undefined ? 'Findings' : `Findings ${plan.data.findings.length}`}
          note={plan.data === undefined ? 'checking' : `checked in ${significant(plan.data.tookMs)} ms`}
        >
          {plan.data !== undefined && <PlanFacts plan={plan.data} />}
        </Section>
      )}
    </>
  );
}

function PlanFacts({ plan }: { plan: Plan }) {
  const reached = plan.affectedProxies.length;
  return (
    <>
      <p className="soft small">
        <Icon name={plan.valid ? 'ok' : 'failing'} size={13} />{' '}
        {plan.valid
          ? `Changes the configuration of ${reached} of ${plan.totalProxies} proxies.`
          : 'The document would be refused.'}
        {plan.forecast.replayed > 0 &&
          ` ${plan.forecast.changed.reduce((sum, change) => sum + change.count, 0)} of ${plan.forecast.replayed} recorded requests would be routed otherwise.`}
      </p>
      <Findings findings={plan.findings} />
    </>
  );
}

export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul className="findings">
      {findings.map((finding) => (
        <li
          key={`${finding.code} ${finding.path} ${finding.message}`}
          className={`finding is-${finding.severity}`}
        >
          <span
            className={
              finding.severity === 'error'
                ? 'state-failing'
                : finding.severity === 'warning'
                  ? 'state-degraded'
                  : 'faint'
            }
          >
            <Icon
              name={
                finding.severity === 'error'
                  ? 'failing'
                  : finding.severity === 'warning'
                    ? 'degraded'
                    : 'unknown'
              }
              size={13}
            />
          </span>
          <span>{finding.message}</span>
          <code>
            {finding.code} {finding.path}
          </code>
        </li>
      ))}
    </ul>
  );
}
