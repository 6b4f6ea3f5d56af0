/** The routes of a service, worst first, with every version beside the others on the same row. */
import type { RouteRow } from '@heddle/schema';
import { count, duration, percent, rate } from '../format/number.ts';
import { routeId } from '../format/name.ts';
import { Value } from '../ui/figure.tsx';
import { Section } from '../ui/panel.tsx';
import { versionColor } from './version-cards.tsx';
import { NumHead } from '../ui/table.tsx';

const fewRequests = 500;

export function RoutesTable({
  routes,
  versions,
  onWhy,
}: {
  routes: readonly RouteRow[];
  versions: readonly string[];
  onWhy: (route: string) => void;
}) {
  const columns = versions.length > 1 ? versions : [];
  return (
    <Section level={2} title="Routes" note="last minute, by failed rps; p99 of fewer than 500 is faint">
      {routes.length === 0 ? (
        <p className="faint">No request has been seen in this window.</p>
      ) : (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Routes">
          <table className="table routes">
            <thead>
              {columns.length > 0 && (
                <tr>
                  <th scope="col">Route</th>
                  <th scope="colgroup" colSpan={4} className="num">
                    All
                  </th>
                  {columns.map((version, index) => (
                    <th key={version} scope="colgroup" colSpan={3} className="version-column">
                      <i className="swatch" style={{ background: versionColor(index) }} /> {version}
                    </th>
                  ))}
                </tr>
              )}
              <tr>
                {columns.length > 0 ? <td /> : <th scope="col">Route</th>}
                <NumHead>rps</NumHead>
                <NumHead>errors</NumHead>
                <NumHead>p99</NumHead>
                <NumHead>n</NumHead>
                {columns.flatMap((version) => [
                  <th key={`${version} rps`} scope="col" className="num version-column">
                    rps
                  </th>,
                  <NumHead key={`${version} err`}>errors</NumHead>,
                  <NumHead key={`${version} p99`}>p99</NumHead>,
                ])}
              </tr>
            </thead>
            <tbody>
              {routes.map((route) => (
                <tr key={`${route.method} ${route.path} ${route.route}`}>
                  <th scope="row" title={route.route}>
                    <button
                      type="button"
                      className="route-link"
                      title="Why it goes where it goes"
                      aria-label={`${routeId(route)}: why`}
                      onClick={() => onWhy(routeId(route))}
                    >
                      <span className="method">{route.method}</span>
                      <code>{route.path}</code>
                    </button>
                  </th>
                  <td className="num">{rate(route.rps).value}</td>
                  <td className={`num ${route.errors > 0 ? 'state-failing' : 'faint'}`}>
                    <Value of={percent(route.errorRatio)} />
                  </td>
                  <td className={`num ${route.n < fewRequests ? 'faint' : ''}`}>
                    <Value of={duration(route.p99Ms)} />
                  </td>
                  <td className="num soft">{count(route.n)}</td>
                  {columns.flatMap((version) => {
                    const part = route.versions.find((share) => share.version === version);
                    return [
                      <td key={`${version} rps`} className="num version-column">
                        {part === undefined ? '–' : rate(part.rps).value}
                      </td>,
                      <td
                        key={`${version} err`}
                        className={`num ${(part?.errors ?? 0) > 0 ? 'state-failing' : 'faint'}`}
                      >
                        {part === undefined || part.n === 0 ? '–' : <Value of={percent(part.errorRatio)} />}
                      </td>,
                      <td
                        key={`${version} p99`}
                        className={`num ${(part?.n ?? 0) < fewRequests ? 'faint' : ''}`}
                        title={part === undefined ? undefined : `n ${count(part.n)}`}
                      >
                        <Value of={duration(part?.p99Ms ?? null)} />
                      </td>,
                    ];
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
