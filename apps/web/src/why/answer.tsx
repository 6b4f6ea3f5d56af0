/** What happens to the request: in a sentence, where to and how much of it, what is sent, and the rules that say so. */
import type { ExplainedUpstream, ExplainError, RouteExplainAnswer } from '@heddle/schema';
import { percent } from '../format/number.ts';
import { versionColor } from '../service/version-cards.tsx';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { factsOf, goesWhereItWent, headlineOf, upstreamName } from './model/words.ts';
import { isConnection, type Question } from './model/question.ts';
import { Reasons } from './reasons.tsx';

export interface AnswerProps {
  readonly answer: RouteExplainAnswer | ExplainError;
  readonly question: Question;
  readonly recordedCluster: string | null;
}

export function Answer({ answer, question, recordedCluster }: AnswerProps) {
  const isBytes = isConnection(question);
  const { text, bad } = headlineOf(answer, isBytes);
  return (
    <>
      <section className="section why-answer" aria-label="What happens">
        <p className="why-headline" role="status">
          <span className={bad ? 'state-failing' : 'soft'}>
            <Icon name={bad ? 'failing' : 'arrow'} size={16} />
          </span>
          <b>{text}</b>
        </p>
        {!('error' in answer) && (
          <>
            <Recorded cluster={recordedCluster} answer={answer} />
            <Upstreams upstreams={answer.upstreams ?? []} isConnection={isBytes} />
            {!isBytes && <Facts answer={answer} question={question} />}
          </>
        )}
      </section>
      {!('error' in answer) && <Reasons why={answer.why} />}
    </>
  );
}

function Recorded({ cluster, answer }: { cluster: string | null; answer: RouteExplainAnswer }) {
  if (cluster === null) return null;
  return goesWhereItWent(cluster, answer) ? (
    <p className="soft small">
      Recorded: sent to <code>{cluster}</code>, as these rules say.
    </p>
  ) : (
    <p className="state-degraded small">
      <Icon name="degraded" size={13} /> Recorded: sent to <code>{cluster}</code>. The rules have changed
      since, or a header decided that is not recorded.
    </p>
  );
}

interface UpstreamsProps {
  readonly upstreams: readonly ExplainedUpstream[];
  readonly isConnection: boolean;
}

function Upstreams({ upstreams, isConnection: isBytes }: UpstreamsProps) {
  return (
    <ul className="why-upstreams">
      {upstreams.map((upstream, index) => (
        <li key={`${upstream.host} ${upstream.port} ${upstream.subset ?? ''}`} title={upstream.host}>
          <span>
            {upstreamName(upstream)}
            <span className="faint">:{upstream.port}</span>
            {upstream.status !== undefined && (
              <span className="chip is-failing">
                {isBytes ? 'closed' : upstream.status} {upstream.flag}
              </span>
            )}
          </span>
          <i aria-hidden="true">
            <b
              style={{
                width: `${upstream.percent}%`,
                background: upstreams.length === 1 ? 'var(--edge)' : versionColor(index),
              }}
            />
          </i>
          <span className="num">
            <Value of={percent(upstream.percent / 100)} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Facts({ answer, question }: { answer: RouteExplainAnswer; question: Question }) {
  const facts = factsOf(answer, question);
  if (facts.length === 0) return null;
  return (
    <dl className="why-facts">
      {facts.map(({ label, value, isDefault }) => (
        <div key={`${label} ${value}`} className={isDefault ? 'is-default' : ''}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
