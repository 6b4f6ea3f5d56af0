/** What applying would do, before it does: the diff of the real document, findings, and how many proxies it reaches. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Plan } from '@heddle/schema';
import { useDebouncedValue } from '@mantine/hooks';
import { planQuery } from '../api/queries.ts';
import { significant } from '../format/number.ts';
import { Diff } from '../ui/diff.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { Failure } from '../ui/states.tsx';
import { lineDiff } from '../ui/line-diff.ts';
import { Findings, type FindingsProps } from './findings.tsx';
import { ForecastSection } from './forecast.tsx';

const debounceMs = 200;

export interface PlanState {
  /** The plan of exactly this document: an answer for an older draft is none. */
  readonly data: Plan | undefined;
  /** The plan before it, while the next one is made: what is shown does not jump while one types. */
  readonly latest: Plan | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

type Draft = string | { toString(): string };

/** Asked for once typing and dragging rest; what was asked about an older draft is aborted. */
export function usePlan(draft: Draft | null): PlanState {
  const [settled] = useDebouncedValue(draft, debounceMs);
  const atRest = settled !== null && settled === draft;
  const query = useQuery({
    ...planQuery(keyOf(settled), () => String(settled)),
    enabled: atRest,
    placeholderData: keepPreviousData,
  });
  return {
    data: atRest && !query.isPlaceholderData ? query.data : undefined,
    latest: draft === null ? undefined : query.data,
    error: atRest ? query.error : null,
    retry: () => void query.refetch(),
  };
}

const keys = new WeakMap<object, string>();
let made = 0;

/** A long text is never compared letter by letter: each is asked about under a number. */
function keyOf(draft: Draft | null): string {
  if (draft === null || typeof draft === 'string') return draft ?? '';
  let key = keys.get(draft);
  if (key === undefined) keys.set(draft, (key = `#${(made += 1)}`));
  return key;
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
  return <ForecastSection forecast={plan.latest?.forecast} />;
}

export interface PlanFindingsProps {
  readonly plan: PlanState;
  /** Where the text is at hand: leads to the line of the finding. */
  readonly onPlace?: FindingsProps['onPlace'];
}

export function PlanFindings({ plan: { error, latest }, onPlace }: PlanFindingsProps) {
  if (error !== null) return null;
  return (
    <Section
      title={latest === undefined ? 'Findings' : `Findings ${latest.findings.length}`}
      note={latest === undefined ? 'checking' : `checked in ${significant(latest.tookMs)} ms`}
    >
      {latest !== undefined && <PlanFacts plan={latest} onPlace={onPlace} />}
    </Section>
  );
}

function PlanFacts({ plan, onPlace }: { plan: Plan; onPlace: FindingsProps['onPlace'] }) {
  const reached = plan.affectedProxies.length;
  return (
    <>
      <p className="soft small">
        <Icon name={plan.valid ? 'ok' : 'failing'} size={13} />{' '}
        {plan.valid
          ? `Changes the configuration of ${reached} of ${plan.totalProxies} proxies.`
          : `${plan.diff.length > 1 ? 'The documents' : 'The document'} would be refused.`}
      </p>
      <Findings findings={plan.findings} onPlace={onPlace} />
    </>
  );
}
