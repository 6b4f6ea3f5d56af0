/** What applying would do, before it does: the diff of the real document, findings, and how many proxies it reaches. */
import { useQuery } from '@tanstack/react-query';
import type { Plan } from '@heddle/schema';
import { useDebouncedValue } from '@mantine/hooks';
import { planQuery } from '../api/queries.ts';
import { significant } from '../format/number.ts';
import { Diff } from '../ui/diff.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { Failure } from '../ui/states.tsx';
import { lineDiff } from '../ui/line-diff.ts';
import { Findings } from './findings.tsx';
import { ForecastSection } from './forecast.tsx';

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

/** The diff is drawn from the texts at hand, before the plan has answered. */
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
      <PlanForecast plan={plan} />
      <Section title="Diff" note={<code>{document}</code>}>
        <Diff lines={lineDiff(previous, next)} label={`Diff of ${document}`} />
      </Section>
      <PlanFindings plan={plan} />
    </>
  );
}

export function PlanForecast({ plan }: { plan: PlanState }) {
  if (plan.error !== null) return <Failure error={plan.error} what="plan" retry={plan.retry} />;
  return <ForecastSection forecast={plan.data?.forecast} />;
}

export function PlanFindings({ plan }: { plan: PlanState }) {
  if (plan.error !== null) return null;
  return (
    <Section
      title={plan.data === undefined ? 'Findings' : `Findings ${plan.data.findings.length}`}
      note={plan.data === undefined ? 'checking' : `checked in ${significant(plan.data.tookMs)} ms`}
    >
      {plan.data !== undefined && <PlanFacts plan={plan.data} />}
    </Section>
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
      </p>
      <Findings findings={plan.findings} />
    </>
  );
}
