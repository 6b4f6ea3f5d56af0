/**
 * Shift traffic: draft the weights, see the versions and the diff beside them, apply, watch it take effect, roll back.
 * The draft stands on the revision it was begun with; a write in between is shown, never overwritten.
 */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ServiceDetail } from '@heddle/schema';
import { useEffect, useEffectEvent } from 'react';
import { configsQuery } from '../../api/queries.ts';
import { inline, rate } from '../../format/number.ts';
import { Icon } from '../../ui/icon.tsx';
import { ApplyForm } from '../../plan/apply-form.tsx';
import { Outcome } from '../../plan/outcome.tsx';
import { Preview, usePlan } from '../../plan/preview.tsx';
import { Refusal } from '../../plan/refusal.tsx';
import { Panel, Section } from '../../ui/panel.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { documentWith, draftOf, subsetsOf, type Draft } from '../model/draft.ts';
import { Compare } from './compare.tsx';
import { WeightFields } from './fields.tsx';
import { Observed } from './observed.tsx';
import { SplitSlider } from './slider.tsx';
import { useShift } from './use-shift.ts';

export interface ShiftPanelProps {
  readonly detail: ServiceDetail;
  readonly ruleIndex: number;
  /** The draft by version, for the cards beside the panel; null when it is what is in force. */
  readonly onWeights: (weights: ReadonlyMap<string, number> | null) => void;
  readonly onClose: () => void;
}

export function ShiftPanel({ detail, ruleIndex, onWeights, onClose }: ShiftPanelProps) {
  const rules = useQuery(configsQuery('DestinationRule', detail.namespace));
  if (rules.data === undefined) {
    return (
      <Panel kind="Shift traffic" title={detail.name} onClose={onClose} wide>
        {rules.error === null ? (
          <Loading what="the subsets" />
        ) : (
          <Failure error={rules.error} what="subsets" retry={() => void rules.refetch()} />
        )}
      </Panel>
    );
  }
  const result = draftOf(detail, ruleIndex, subsetsOf(rules.data.items, detail.namespace, detail.name));
  if (result.kind === 'impossible') {
    return (
      <Panel kind="Shift traffic" title={detail.name} onClose={onClose} wide>
        <Empty title={result.title}>{result.reason}</Empty>
      </Panel>
    );
  }
  return <ShiftForm detail={detail} newest={result} onWeights={onWeights} onClose={onClose} />;
}

interface FormProps extends Pick<ShiftPanelProps, 'detail' | 'onWeights' | 'onClose'> {
  /** What is in force by the last answer of the API. */
  readonly newest: Draft;
}

function ShiftForm({ detail, newest, onWeights, onClose }: FormProps) {
  const { base, weights, setWeights, rebase, phase, apply, rollback, behind } = useShift(newest);
  const names = base.choices.map((choice) => choice.version);
  const current = base.choices.map((choice) => choice.weight);
  const changed = base.revision === null || weights.some((weight, index) => weight !== current[index]);
  const edit = documentWith(base, weights);
  const plan = usePlan(edit.kind === 'edited' && changed ? edit.yaml : null);
  const tell = useEffectEvent(() =>
    onWeights(changed ? new Map(names.map((name, index) => [name, weights[index] ?? 0])) : null),
  );
  const drafted = weights.join(' ');
  useEffect(() => tell(), [drafted, changed]);
  const busy = phase.kind === 'writing';
  return (
    <Panel
      kind="Shift traffic"
      title={
        <>
          {detail.name}{' '}
          <code className="faint panel-note">
            {base.rulePath.replace(/^spec\./, '')}
            {base.revision === null ? ', new' : `, r${base.revision}`}
          </code>
        </>
      }
      onClose={onClose}
      wide
      foot={
        <ApplyForm
          plan={plan.data}
          changed={changed}
          busy={busy}
          held={edit.kind === 'refused' || behind !== null}
          onApply={async (reason) => edit.kind === 'edited' && apply(edit.yaml, reason)}
        />
      }
    >
      <div className="shift-controls">
        {base.match !== 'everything else' && base.match !== 'everything' && (
          <p className="soft small">Only requests that match: {base.match}</p>
        )}
        <SplitSlider
          names={names}
          weights={weights}
          current={current}
          totalRps={detail.inbound.rps}
          disabled={busy}
          onChange={setWeights}
        />
        <WeightFields names={names} weights={weights} disabled={busy} onChange={setWeights} />
        {base.revision === null && (
          <p className="soft small">
            No document routes {detail.name} yet. Applying creates VirtualService {base.key.namespace}/
            {base.key.name} over the subsets of its DestinationRule.
          </p>
        )}
      </div>
      {behind !== null && phase.kind !== 'refused' && <Behind revision={behind} onRebase={rebase} />}
      {phase.kind === 'refused' && <Refusal error={phase.error} onRebase={rebase} />}
      {phase.kind === 'applied' && (
        <Outcome
          revision={phase.revision}
          busy={busy}
          onRollback={phase.undoes === null ? () => rollback(phase.revision) : null}
        >
          <Observed
            namespace={detail.namespace}
            name={detail.name}
            revision={phase.revision}
            versions={names}
          />
        </Outcome>
      )}
      <Compare versions={detail.versionDetails} names={names} />
      {changed && edit.kind === 'refused' && (
        <Section title="Diff">
          <p className="state-degraded">{edit.reason}</p>
        </Section>
      )}
      {changed && edit.kind === 'edited' && (
        <Preview
          plan={plan}
          previous={base.yaml}
          next={edit.yaml}
          document={`${base.key.kind} ${base.key.namespace}/${base.key.name}`}
        />
      )}
      {!changed && phase.kind === 'idle' && (
        <p className="shift-hint soft">
          Drag a handle or type a weight: the diff of the document and what it would change appear here before
          anything is written. {detail.name} takes {inline(rate(detail.inbound.rps))} now.
        </p>
      )}
    </Panel>
  );
}

function Behind({ revision, onRebase }: { revision: number; onRebase: () => void }) {
  return (
    <div className="refusal" role="status">
      <Icon name="degraded" size={16} />
      <p>
        <b>
          <Link to="/changes" search={{ rev: revision }} className="text-link">
            r{revision}
          </Link>{' '}
          changed this document meanwhile.
        </b>{' '}
        Your weights can be put on top of it.
      </p>
      <button type="button" className="button" onClick={onRebase}>
        Rebase
      </button>
    </div>
  );
}
