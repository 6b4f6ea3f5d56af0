/** One span: what state it is in, where its time went, why its request took this way, and all that was noted. */
import { Link } from '@tanstack/react-router';
import { duration, inline, percent } from '../format/number.ts';
import { shortName } from '../format/name.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel, Section } from '../ui/panel.tsx';
import { edgeOf, whyThisRoute } from './model/story.ts';
import { timeSpent } from './model/time-spent.ts';
import type { SpanNode } from './model/tree.ts';

export interface SpanPanelProps {
  readonly node: SpanNode;
  readonly onWhy: () => void;
  readonly onClose: () => void;
}

export function SpanPanel({ node, onWhy, onClose }: SpanPanelProps) {
  const { span } = node;
  const edge = edgeOf(node);
  return (
    <Panel
      kind="Span"
      title={
        edge !== null && span.kind === 'client'
          ? edge.split('->').map(shortName).join(' → ')
          : `${span.service}${span.version === null ? '' : ` ${span.version}`}`
      }
      onClose={onClose}
      foot={
        <>
          {edge !== null && (
            <Link to="/map" search={{ edge }} className="button primary">
              <Icon name="map" size={14} /> Edge
            </Link>
          )}
          <Link
            to="/services/$ns/$name"
            params={{ ns: span.namespace, name: span.service }}
            search={{}}
            className="button"
          >
            <Icon name="service" size={14} /> Service
          </Link>
          {span.scope === 'proxy' && (
            <button type="button" className="button" onClick={onWhy}>
              <Icon name="why" size={14} /> Why
            </button>
          )}
        </>
      }
    >
      <p className="panel-sentence">
        {span.kind === 'internal' ? 'Internal' : span.kind === 'client' ? 'Client' : 'Server'} span,{' '}
        {span.scope} · started at {inline(duration(node.from))} · {inline(duration(span.durationMs))}
      </p>
      <Tags node={node} />
      <TimeSpent node={node} />
      <WhyThisRoute node={node} />
      <Attributes node={node} />
    </Panel>
  );
}

function Tags({ node }: { node: SpanNode }) {
  const { span } = node;
  const flags = span.attributes['heddle.response_flags'];
  const mtls = span.attributes['heddle.mtls'];
  const attempts = span.attributes['heddle.attempts'];
  const failed = span.status === 'error';
  return (
    <ul className="tags">
      <li className={`chip ${failed ? 'is-failing' : ''}`}>
        {[span.httpStatus, flags]
          .filter((part) => part !== null && part !== undefined && part !== '')
          .join(' ')}
        {failed ? ` ${span.statusMessage === '' ? 'failed' : span.statusMessage}` : ' OK'}
      </li>
      {node.failing === 'passed-on' && <li className="chip">passed on from below</li>}
      {node.failing === 'started' && <li className="chip is-failing">the failure started here</li>}
      {mtls === true && (
        <li className="chip">
          <Icon name="lock" size={11} /> mTLS
        </li>
      )}
      {mtls === false && (
        <li className="chip">
          <Icon name="unlock" size={11} /> plaintext
        </li>
      )}
      {typeof attempts === 'number' && attempts > 1 && (
        <li className="chip is-degraded">{attempts} attempts</li>
      )}
      {node.critical.length > 0 && <li className="chip">critical path</li>}
    </ul>
  );
}

function TimeSpent({ node }: { node: SpanNode }) {
  const parts = timeSpent(node);
  const total = parts.reduce((sum, part) => sum + part.ms, 0) || 1;
  return (
    <Section title={`Where the ${inline(duration(node.span.durationMs))} went`}>
      <div className="spent" aria-hidden="true">
        {parts.map((part, index) => (
          <i
            key={`${part.label} ${part.proxy}`}
            className={`${part.proxy ? 'bar-proxy' : 'bar-app'} ${part.failing ? 'is-started' : ''}`}
            style={{ flex: part.ms, opacity: part.failing ? 1 : 1 - Math.min(0.55, index * 0.15) }}
          />
        ))}
      </div>
      <ul className="spent-list">
        {parts.slice(0, 8).map((part) => (
          <li key={`${part.label} ${part.proxy}`}>
            <i
              className={`${part.proxy ? 'bar-proxy' : 'bar-app'} ${part.failing ? 'is-started' : ''}`}
              aria-hidden="true"
            />
            <span className={part.failing ? 'state-failing' : ''}>
              {part.label}
              {part.proxy ? ' proxy' : ''}
            </span>
            <span className="num">
              <Value of={duration(part.ms)} />
            </span>
            <span className="num soft">
              <Value of={percent(part.ms / total)} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function WhyThisRoute({ node }: { node: SpanNode }) {
  const steps = whyThisRoute(node.span);
  if (steps.length === 0) return null;
  return (
    <Section title="Why this route" note={`${steps.length} ${steps.length === 1 ? 'decision' : 'decisions'}`}>
      <ol className="why">
        {steps.map((step) => (
          <li key={step.what} className={step.bad ? 'is-bad' : ''}>
            <span className="soft">{step.what}</span>
            <code>{step.detail}</code>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Attributes({ node }: { node: SpanNode }) {
  const { span } = node;
  const attributes = Object.entries(span.attributes).toSorted(([a], [b]) => a.localeCompare(b));
  return (
    <Section title="Attributes" note={`${attributes.length}`}>
      <dl className="attributes">
        <div>
          <dt>span_id</dt>
          <dd>{span.spanId}</dd>
        </div>
        <div>
          <dt>name</dt>
          <dd>{span.name}</dd>
        </div>
        {attributes.map(([key, value]) => (
          <div key={key}>
            <dt>{key.replaceAll('.', '.\u200b')}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
