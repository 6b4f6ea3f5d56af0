/** The routes of an edge, the one that hurts most first. */
import type { RouteRow } from '@heddle/schema';
import { count, duration, percent, rate } from '../format/number.ts';
import { routeId } from '../format/name.ts';
import { Value } from '../ui/figure.tsx';
import { Section } from '../ui/panel.tsx';
import { NumHead } from '../ui/table.tsx';

export interface EdgeRoutesProps {
  readonly routes: readonly RouteRow[];
  readonly onWhy: (route: string) => void;
}

export function EdgeRoutes({ routes, onWhy }: EdgeRoutesProps) {
  const most = Math.max(0.001, ...routes.map((route) => route.damage));
  return (
    <Section title="Routes" note="by damage, failed rps">
      {routes.length === 0 ? (
        <p className="faint">No request has been seen in this window.</p>
      ) : (
        <table className="table tight">
          <thead>
            <tr>
              <th scope="col">Route</th>
              <NumHead>rps</NumHead>
              <NumHead>err %</NumHead>
              <NumHead>p95</NumHead>
              <NumHead>n</NumHead>
              <NumHead>Damage</NumHead>
            </tr>
          </thead>
          <tbody>
            {routes.map((route) => (
              <tr key={`${route.method} ${route.path} ${route.route}`} title={route.route}>
                <th scope="row" className="route-cell">
                  <button
                    type="button"
                    className="route-link"
                    title={`${route.route}: why it goes there`}
                    aria-label={`${routeId(route)}: why`}
                    onClick={() => onWhy(routeId(route))}
                  >
                    <span className="method">{route.method}</span>
                    <code>{route.path}</code>
                  </button>
                </th>
                <td className="num">{rate(route.rps).value}</td>
                <td className={`num ${route.errors > 0 ? 'state-failing' : 'faint'}`}>
                  {percent(route.errorRatio).value}
                </td>
                <td className="num">
                  <Value of={duration(route.p95Ms)} />
                </td>
                <td className="num soft">{count(route.n)}</td>
                <td className="num damage">
                  <i>
                    <b style={{ width: `${(route.damage / most) * 100}%` }} />
                  </i>
                  {rate(route.damage).value}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
