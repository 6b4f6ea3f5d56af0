/** The cards of the map, DOM over the canvas: sharp text, focus and names for free. One re-renders only with its node. */
import type { GraphNode, VersionShare } from '@heddle/schema';
import { memo } from 'react';
import { duration, percent, rate, significant } from '../format/number.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { stateWord } from '../ui/state.tsx';
import { Value } from '../ui/figure.tsx';
import type { Lens } from './model/encode.ts';
import type { Box } from './model/geometry.ts';
import { versionRows } from './model/view.ts';

export interface Identity {
  readonly account: string;
  /** "" when the certificate is not known. */
  readonly certificateLeft: string;
}

export interface CardProps {
  readonly node: GraphNode;
  readonly box: Box;
  readonly lens: Lens;
  readonly dim: boolean;
  readonly touched: boolean;
  /** Security lens: the account it proves and what is left of its certificate. */
  readonly identity: Identity | undefined;
  readonly onOpen: (node: GraphNode) => void;
}

export const Card = memo(function Card({ node, box, lens, dim, touched, identity, onOpen }: CardProps) {
  const rows = versionRows(node);
  const open = rows.length > 0 && box.height >= 34 + rows.length * 30;
  const idle = node.inbound.n === 0;
  const classes = [
    'card',
    `is-${node.state}`,
    dim ? 'is-dim' : '',
    touched ? 'is-touched' : '',
    open ? 'is-open' : '',
  ];
  if (node.kind === 'outside') classes.push('is-outside');
  return (
    <button
      type="button"
      className={classes.join(' ')}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
      data-node-id={node.id}
      data-state={node.state}
      title={node.reason}
      onClick={() => onOpen(node)}
    >
      <span className="card-head">
        {node.id !== node.namespace && <Icon name={glyphOf(node)} size={13} />}
        <span className={`card-name ${cardName(node).length > 15 ? 'is-long' : ''}`}>{cardName(node)}</span>
        {(node.state === 'failing' || node.state === 'degraded') && (
          <span className={`card-state state-${node.state}`}>
            <Icon name={node.state} size={14} />
          </span>
        )}
        {node.state === 'unknown' && !idle && (
          <span className="card-state state-unknown">
            <Icon name="unknown" size={14} />
          </span>
        )}
      </span>
      {open ? (
        <span className="card-rows">
          {rows.map((version) => (
            <VersionRow
              key={version}
              share={node.versions?.find((item) => item.version === version)}
              version={version}
              lens={lens}
            />
          ))}
        </span>
      ) : (
        <span className="card-foot">
          {lens === 'security' || node.kind === 'outside' ? (
            <IdentityNote identity={identity} outside={node.kind === 'outside'} />
          ) : (
            <VersionChips node={node} />
          )}
          {!(lens === 'security') && <CardFigure node={node} lens={lens} />}
        </span>
      )}
      <span className="hidden-visually">. {describe(node)}</span>
      <SuccessLine errorRatio={node.inbound.errorRatio} idle={idle} />
    </button>
  );
});

function cardName(node: GraphNode): string {
  // The hull around it says where they are.
  if (node.kind === 'outside') return 'callers';
  return node.kind === 'version' && node.service !== undefined ? node.service : node.name;
}

function glyphOf(node: GraphNode): IconName {
  if (node.kind === 'gateway') return 'gateway';
  if (node.kind === 'outside') return 'outside';
  return 'service';
}

function CardFigure({ node, lens }: { node: GraphNode; lens: Lens }) {
  if (node.kind === 'outside') return null;
  if (lens === 'latency')
    return (
      <span className="card-figure">
        <Value of={duration(node.inbound.p95Ms)} />
      </span>
    );
  return <span className="card-figure">{node.inbound.n === 0 ? '' : rate(node.inbound.rps).value}</span>;
}

function IdentityNote({ identity, outside }: { identity: Identity | undefined; outside: boolean }) {
  if (identity === undefined)
    return <span className="card-note">{outside ? 'no proxy' : 'no identity seen'}</span>;
  return (
    <>
      <span className="card-note">{identity.account}</span>
      <span className="card-figure">{identity.certificateLeft}</span>
    </>
  );
}

/** Segments in proportion to traffic: a canary's share is seen without opening anything. */
function VersionChips({ node }: { node: GraphNode }) {
  const versions = node.versions ?? [];
  if (node.namespace === node.id) return <span className="card-note">{node.reason}</span>;
  if (node.version !== undefined)
    return (
      <span className="chips">
        <i style={{ flex: 1 }}>{node.version}</i>
      </span>
    );
  if (versions.every((version) => version.version === ''))
    return <span className="card-note">{node.kind === 'gateway' ? 'gateway' : ''}</span>;
  return (
    <span className="chips">
      {versions
        .filter((version) => version.version !== '')
        .map((version) => (
          <i
            key={version.version}
            style={{ flex: Math.max(0.16, version.share) }}
            className={`is-${version.state}`}
          >
            {version.version}
          </i>
        ))}
    </span>
  );
}

function VersionRow({
  share,
  version,
  lens,
}: {
  share: VersionShare | undefined;
  version: string;
  lens: Lens;
}) {
  if (share === undefined || share.n === 0) {
    const down = share !== undefined && share.instancesReady === 0 && share.instancesTotal > 0;
    return (
      <span className={`version-row ${down ? 'is-failing' : 'is-idle'}`} data-version={version}>
        <b>{version}</b>
        <span className="version-note">{down ? 'no instance ready' : 'no traffic'}</span>
      </span>
    );
  }
  const bad = share.state === 'failing' || share.state === 'degraded';
  return (
    <span className={`version-row is-${share.state}`} data-version={version}>
      <b>{version}</b>
      <span className="version-rps">
        <Value of={rate(share.rps)} />
      </span>
      <span className={`version-error ${bad ? `state-${share.state}` : ''}`}>
        {bad && <Icon name={share.state === 'failing' ? 'failing' : 'degraded'} size={10} />}
        {lens === 'latency' ? <Value of={duration(share.p95Ms)} /> : <Value of={percent(share.errorRatio)} />}
      </span>
      <span className="version-bar" style={{ width: `${Math.max(2, share.share * 100)}%` }} />
    </span>
  );
}

/** Continuous, 2 px: dots would read as plaintext. What failed is cut off at the right, never thinner than it can be seen. */
function SuccessLine({ errorRatio, idle }: { errorRatio: number; idle: boolean }) {
  if (idle) return <span className="success is-idle" />;
  const failed = errorRatio === 0 ? 0 : Math.max(4, errorRatio * 100);
  return (
    <span className="success">
      <i style={{ width: `${100 - failed}%` }} />
      {failed > 0 && <i className="failed" style={{ width: `${failed}%` }} />}
    </span>
  );
}

/** What colours and bars say, in words, after the text that is seen: the accessible name starts with what one reads. */
function describe(node: GraphNode): string {
  const versions =
    (node.versions ?? []).length > 1
      ? `. ${(node.versions ?? []).map((version) => `${version.version} ${significant(version.share * 100)} percent`).join(', ')}`
      : '';
  return `${stateWord[node.state]}, ${rate(node.inbound.rps).value} requests per second${versions}`;
}
