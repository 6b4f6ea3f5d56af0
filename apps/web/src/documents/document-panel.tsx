/** One document: what of it is in effect, what is wrong with it, its text, and an edit that is tried before it is saved. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ResourceKey, StoredResource } from '@heddle/schema';
import { lazy, Suspense, useMemo, useState } from 'react';
import { api } from '../api/client.ts';
import { useConnection } from '../api/live-context.tsx';
import { changeQuery, configQuery, servicesQuery, workloadsQuery } from '../api/queries.ts';
import { dayAndClock } from '../format/time.ts';
import { Findings } from '../plan/findings.tsx';
import { ProxyRefusals } from '../plan/proxy-refusals.tsx';
import { Refusal } from '../plan/refusal.tsx';
import { useApply } from '../plan/use-apply.ts';
import '../plan/plan.css';
import { Icon } from '../ui/icon.tsx';
import { Panel, Section } from '../ui/panel.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { Badges } from './badges.tsx';
import { badgesOf, conditionsOf, isTrouble, type Condition } from './model/badges.ts';
import { apiName, kindIcon } from '../ui/kinds.ts';
import { masked } from './model/masked.ts';
import { touchedBy } from './model/touches.ts';
import { usePlace } from './use-place.ts';

const YamlEditor = lazy(() =>
  import('../editor/yaml-editor.tsx').then((module) => ({ default: module.YamlEditor })),
);

export interface DocumentPanelProps {
  readonly id: ResourceKey;
  readonly at: string | undefined;
  readonly onPlace: (path: string) => void;
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

export function DocumentPanel({ id, at, onPlace, onEdit, onClose }: DocumentPanelProps) {
  const query = useQuery(configQuery(id));
  const document = query.data;
  const title = `${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`;
  return (
    <Panel
      kind={id.kind}
      title={title}
      onClose={onClose}
      wide
      foot={document === undefined ? undefined : <Actions document={document} onEdit={onEdit} />}
    >
      {document !== undefined ? (
        <Detail document={document} at={at} onPlace={onPlace} />
      ) : query.error === null ? (
        <Loading what="the document" />
      ) : (
        <Failure error={query.error} what="document" retry={() => void query.refetch()} />
      )}
    </Panel>
  );
}

/** The confirmation stands where the buttons were. What is deleted can be rolled back from the change that it becomes. */
function Actions({ document, onEdit }: { document: StoredResource; onEdit: () => void }) {
  const [asking, setAsking] = useState(false);
  const { phase, write, reset } = useApply();
  const navigate = useNavigate({ from: '/documents' });
  const stale = useConnection() === 'stale';
  const busy = phase.kind === 'writing';
  const remove = async () => {
    const { group, kind, namespace, name, revision } = document;
    const made = await write(() => api.remove({ group, kind, namespace, name }, revision, ''));
    if (made !== null) void navigate({ to: '/changes', search: { rev: made } });
  };
  if (phase.kind === 'refused') return <Refusal error={phase.error} onRebase={reset} />;
  if (asking)
    return (
      <div className="confirm" role="group" aria-label="Confirm that it is deleted">
        <span>Delete it from the mesh? The change can be rolled back.</span>
        <button
          type="button"
          className="button primary"
          disabled={busy || stale}
          autoFocus
          onClick={() => void remove()}
        >
          Delete
        </button>
        <button type="button" className="button" disabled={busy} onClick={() => setAsking(false)}>
          Keep
        </button>
      </div>
    );
  return (
    <>
      <button type="button" className="button primary" onClick={onEdit}>
        Edit
      </button>
      <Link to="/changes" search={{ rev: document.revision }} className="button">
        <Icon name="changes" size={14} /> Last change, r{document.revision}
      </Link>
      <button type="button" className="button push-right" disabled={stale} onClick={() => setAsking(true)}>
        Delete
      </button>
    </>
  );
}

/** Where it has its effect: each leads to the service, its routes and its callers. */
function Touches({ document }: { document: StoredResource }) {
  const services = useQuery({ ...servicesQuery(), refetchInterval: false });
  const workloads = useQuery(workloadsQuery());
  const touched = useMemo(
    () =>
      services.data === undefined || workloads.data === undefined
        ? []
        : touchedBy(document, { services: services.data.items, workloads: workloads.data.items }),
    [document, services.data, workloads.data],
  );
  if (touched.length === 0) return null;
  return (
    <Section title="Touches" note={`${touched.length} ${touched.length === 1 ? 'service' : 'services'}`}>
      <ul className="touches">
        {touched.map(({ namespace, name }) => (
          <li key={`${namespace}/${name}`}>
            <Link to="/services/$ns/$name" params={{ ns: namespace, name }} search={{}} className="chip">
              <Icon name="service" size={12} />
              {namespace !== document.namespace && <span className="faint">{namespace}/</span>}
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Stored, and not in force everywhere: what the proxies say that refuse its last change. */
function Refused({ revision }: { revision: number }) {
  const { data } = useQuery(changeQuery(revision));
  const push = data?.push;
  if (push === null || push === undefined || push.nacked === 0) return null;
  return (
    <Section title="Refused" note={`by ${push.nacked} of ${push.affected} proxies`}>
      <ProxyRefusals {...push} />
    </Section>
  );
}

interface DetailProps {
  readonly document: StoredResource;
  readonly at: string | undefined;
  readonly onPlace: (path: string) => void;
}

function Detail({ document, at, onPlace }: DetailProps) {
  const { findings } = document;
  const yaml = useMemo(
    () => (document.kind === 'Secret' ? masked(document.yaml) : document.yaml),
    [document.kind, document.yaml],
  );
  const place = usePlace(yaml, at);
  const badges = badgesOf(findings);
  const conditions = conditionsOf(document.status);
  return (
    <>
      <div className="document-facts">
        <span className="soft">
          <Icon name={kindIcon(document.kind)} size={14} /> {apiName(document.group)}{' '}
          <code className="faint">{document.apiVersion}</code>
        </span>
        <span className="faint small">written {dayAndClock(Date.parse(document.updatedAt))}</span>
        <Badges badges={badges} />
      </div>
      {conditions.length > 0 && <Conditions conditions={conditions} />}
      {findings.length > 0 && (
        <Section title={`Findings ${findings.length}`}>
          <Findings findings={findings} onPlace={({ path }) => onPlace(path)} />
        </Section>
      )}
      <Refused revision={document.revision} />
      <Touches document={document} />
      <Section
        title="As it was written"
        note={
          at === undefined ? undefined : (
            <>
              <code>{at}</code>
              {place === undefined
                ? ''
                : place === null
                  ? ' is not in it'
                  : place.whole
                    ? ''
                    : ' is not written out; the nearest is marked'}
            </>
          )
        }
      >
        {/* Its lines are those that findings count, whatever stood before it in its file. */}
        <Suspense fallback={<Loading what="the text" />}>
          <div className="document-text">
            <YamlEditor
              text={yaml}
              label={`${document.kind} ${document.namespace}/${document.name}`}
              place={place ?? null}
              findings={findings}
            />
          </div>
        </Suspense>
      </Section>
    </>
  );
}

function Conditions({ conditions }: { conditions: readonly Condition[] }) {
  const bad = conditions.filter(isTrouble).length;
  return (
    <Section
      title="Status"
      note={bad === 0 ? 'as a Gateway API controller reports it' : `${bad} of ${conditions.length} not met`}
    >
      <ul className="conditions">
        {conditions.map((condition) => {
          const trouble = isTrouble(condition);
          return (
            <li key={`${condition.about} ${condition.type}`} className={trouble ? 'is-trouble' : ''}>
              <span className={trouble ? 'state-failing' : 'soft'}>
                <Icon name={trouble ? 'failing' : 'ok'} size={13} />
              </span>
              <span>
                <b>{condition.type}</b> {condition.status}
                {condition.reason !== '' && condition.reason !== condition.type && (
                  <span className="soft"> · {condition.reason}</span>
                )}
                {condition.about !== '' && <span className="faint"> · {condition.about}</span>}
              </span>
              {condition.message !== '' && <span className="soft small">{condition.message}</span>}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
