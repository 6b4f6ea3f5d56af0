/** The versions against each other, live, beside the control that moves traffic between them. */
import type { VersionDetail } from '@heddle/schema';
import { count, duration, percent, rate } from '../../format/number.ts';
import { Value } from '../../ui/figure.tsx';
import { Section } from '../../ui/panel.tsx';
import { versionColor } from '../version-cards.tsx';
import { NumHead } from '../../ui/table.tsx';

const fewRequests = 500;

export function Compare({
  versions,
  names,
}: {
  versions: readonly VersionDetail[];
  names: readonly string[];
}) {
  return (
    <Section title="Live, by version" note="last minute; fewer than 500 is faint">
      <table className="table tight">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <NumHead>rps</NumHead>
            <NumHead>errors</NumHead>
            <NumHead>p50</NumHead>
            <NumHead>p95</NumHead>
            <NumHead>p99</NumHead>
            <NumHead>n</NumHead>
          </tr>
        </thead>
        <tbody>
          {names.map((name, index) => {
            const version = versions.find((item) => item.version === name);
            const few = (version?.n ?? 0) < fewRequests ? 'faint' : '';
            return (
              <tr key={name}>
                <th scope="row">
                  <i className="swatch" style={{ background: versionColor(index) }} /> {name}
                </th>
                <td className="num">{version === undefined ? '–' : rate(version.rps).value}</td>
                <td className={`num ${(version?.errors ?? 0) > 0 ? 'state-failing' : 'faint'}`}>
                  {version === undefined || version.n === 0 ? (
                    '–'
                  ) : (
                    <Value of={percent(version.errorRatio)} />
                  )}
                </td>
                <td className={`num ${few}`}>
                  <Value of={duration(version?.p50Ms ?? null)} />
                </td>
                <td className={`num ${few}`}>
                  <Value of={duration(version?.p95Ms ?? null)} />
                </td>
                <td className={`num ${few}`}>
                  <Value of={duration(version?.p99Ms ?? null)} />
                </td>
                <td className="num soft">{count(version?.n ?? 0)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Section>
  );
}
