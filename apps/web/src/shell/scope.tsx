/** The scope: which namespaces the page is about. Kept in the URL as `ns`. */
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useGraph } from '../api/live-context.tsx';
import { Icon } from '../ui/icon.tsx';

export function ScopeMenu() {
  const graph = useGraph();
  const navigate = useNavigate();
  const current = useRouterState({
    select: ({ location }) => ('ns' in location.search ? location.search.ns : undefined),
  });
  const nodes = graph?.nodes;
  const namespaces = useMemo(
    () =>
      [...new Set([...(nodes?.values() ?? [])].map((node) => node.namespace))]
        .filter((name) => name !== '')
        .toSorted(),
    [nodes],
  );
  const known =
    typeof current === 'string' && current !== '' && !namespaces.includes(current)
      ? [current, ...namespaces]
      : namespaces;
  return (
    <label className="scope">
      <Icon name="layers" size={15} />
      <span className="scope-cluster">mesh</span>
      <span className="faint scope-slash" aria-hidden="true">
        /
      </span>
      <span className="hidden-visually">Namespace</span>
      <select
        value={typeof current === 'string' ? current : ''}
        onChange={(event) => {
          const ns = event.currentTarget.value === '' ? undefined : event.currentTarget.value;
          void navigate({ to: '.', search: (before) => ({ ...before, ns }) });
        }}
      >
        <option value="">all namespaces</option>
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <Icon name="chevron" size={12} />
    </label>
  );
}
