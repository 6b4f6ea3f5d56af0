/** The quiet boxes around the services of a namespace, under the edges. */
import type { GraphNode } from '@heddle/schema';
import { Icon } from '../ui/icon.tsx';
import type { Lens } from './model/encode.ts';
import type { Hull } from './model/placement.ts';

export interface HullsProps {
  readonly hulls: readonly Hull[];
  readonly nodes: readonly GraphNode[];
  readonly lens: Lens;
  /** Namespaces all of whose inbound requests from the mesh carried mTLS. */
  readonly encrypted: ReadonlySet<string>;
}

export function Hulls({ hulls, nodes, lens, encrypted }: HullsProps) {
  const members = Map.groupBy(nodes, (node) => node.namespace);
  return hulls.map((hull, index) => {
    const inside = members.get(hull.namespace) ?? [];
    return (
      <div
        key={`${hull.namespace}-${index}`}
        className={`hull ${hull.namespace === '' ? 'is-outside' : ''}`}
        style={{ left: hull.x, top: hull.y, width: hull.width, height: hull.height }}
        data-namespace={hull.namespace}
      >
        <span className="hull-name">{hull.namespace === '' ? 'outside the mesh' : hull.namespace}</span>
        {hull.namespace !== '' &&
          (lens === 'security' ? (
            <Encryption full={encrypted.has(hull.namespace)} narrow={hull.width < 200} />
          ) : (
            <HullCount nodes={inside} narrow={hull.width < 200} />
          ))}
      </div>
    );
  });
}

function Encryption({ full, narrow }: { full: boolean; narrow: boolean }) {
  return (
    <span className={full ? 'hull-count' : 'hull-count state-degraded'}>
      <Icon name={full ? 'lock' : 'unlock'} size={11} /> {narrow ? '' : full ? 'all mTLS' : 'some plaintext'}
    </span>
  );
}

function HullCount({ nodes, narrow }: { nodes: readonly GraphNode[]; narrow: boolean }) {
  const failing = nodes.filter((node) => node.state === 'failing').length;
  const degraded = nodes.filter((node) => node.state === 'degraded').length;
  if (failing > 0)
    return (
      <span className="hull-count state-failing">
        ✕ {failing} failing{narrow ? '' : ` of ${nodes.length}`}
      </span>
    );
  if (degraded > 0)
    return (
      <span className="hull-count state-degraded">
        ▲ {degraded} degraded{narrow ? '' : ` of ${nodes.length}`}
      </span>
    );
  if (narrow) return null;
  return (
    <span className="hull-count">
      {nodes.length} {nodes.length === 1 ? 'service' : 'services'}
    </span>
  );
}
