/** Some lines of a document as it was written: those of a place. The document itself has the rest. */
import type { Place } from './model/place.ts';
import './yaml-text.css';

export interface YamlTextProps {
  readonly text: string;
  readonly label: string;
  readonly place: Place;
  /** So many lines at most. */
  readonly most: number;
}

export function YamlText({ text, label, place, most }: YamlTextProps) {
  const to = Math.min(place.to, place.from + most - 1);
  const lines = text.split('\n', to).slice(place.from - 1);
  const left = place.to - to;
  const indent = Math.min(...lines.map(indentOf));
  return (
    <div className="yaml" role="group" aria-label={label} tabIndex={0}>
      {lines.map((line, index) => (
        <div key={place.from + index} className="yaml-line">
          <span className="yaml-number">{place.from + index}</span>
          <span>{line.slice(indent)}</span>
        </div>
      ))}
      {left > 0 && (
        <div className="yaml-more">
          and {left} more {left === 1 ? 'line' : 'lines'}
        </div>
      )}
    </div>
  );
}

function indentOf(line: string): number {
  return line.trim() === '' ? Infinity : line.length - line.trimStart().length;
}
