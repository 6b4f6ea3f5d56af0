/** One document: what of it is in effect, what is wrong with it, its text, and an edit that is tried before it is saved. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ResourceKey, StoredResource } from '@heddle/schema';
import { lazy, Suspense, useMemo } from 'react';
import { configQuery } from '../api/queries.ts';
import { dayAndClock } from '../format/time.ts';
import { Findings } from '../plan/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel, Section } from '../ui/panel.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { Badges } from './badges.tsx';
import { badgesOf, conditionsOf, isTrouble, type Condition } from './model/badges.ts';
import { apiName, kindIcon } from '../ui/kinds.ts';
import { masked } from './model/masked.ts';
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
      foot={
        document === undefined ? undefined : (
          <>
            <button type="button" className="button primary" onClick={onEdit}>
              Edit
            </button>
            <Link to="/changes" search={{ rev: document.revision }} className="button">
              <Icon name="changes" size={14} /> Last change, r{document.revision}
            </Link>
          </>
        )
      }
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
