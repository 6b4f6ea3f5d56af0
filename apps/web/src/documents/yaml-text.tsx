/** The text of a document as it was written, with the place that is meant marked and the findings at their lines. */
import type { Finding } from '@heddle/schema';
import { useEffect, useRef } from 'react';
import type { Place } from './model/place.ts';
import './yaml-text.css';

export interface YamlTextProps {
  readonly text: string;
  readonly label: string;
  readonly place: Place | null;
  /** Only the lines of the place, and so many of them at most. */
  readonly excerpt?: number;
  readonly findings?: readonly Finding[];
}

export function YamlText({ text, label, place, excerpt, findings = [] }: YamlTextProps) {
  const marked = useRef<HTMLDivElement>(null);
  const jump = excerpt === undefined && place !== null;
  useEffect(() => {
    if (jump) marked.current?.scrollIntoView({ block: 'center' });
  }, [jump, place?.from]);
  const all = text.replace(/\n$/, '').split('\n');
  const from = excerpt === undefined ? 1 : (place?.from ?? 1);
  const to = excerpt === undefined ? all.length : Math.min(place?.to ?? all.length, from + excerpt - 1);
  const left = excerpt === undefined ? 0 : (place?.to ?? all.length) - to;
  const indent = excerpt === undefined ? 0 : Math.min(...all.slice(from - 1, to).map(indentOf));
  return (
    <div className="yaml" role="group" aria-label={label} tabIndex={0}>
      {all.slice(from - 1, to).map((line, index) => {
        const number = from + index;
        const isMarked = place !== null && number >= place.from && number <= place.to;
        const found = findings.filter((finding) => finding.line === number);
        return (
          <div
            key={number}
            ref={number === place?.from ? marked : undefined}
            className={`yaml-line ${isMarked && excerpt === undefined ? 'is-marked' : ''} ${found.length > 0 ? `is-${worst(found)}` : ''}`}
            data-marked={isMarked}
            title={found.map(({ message }) => message).join('\n') || undefined}
          >
            <span className="yaml-number">{number}</span>
            <span>{line.slice(indent)}</span>
          </div>
        );
      })}
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

function worst(findings: readonly Finding[]): string {
  return findings.some(({ severity }) => severity === 'error')
    ? 'error'
    : findings.some(({ severity }) => severity === 'warning')
      ? 'warning'
      : 'info';
}
