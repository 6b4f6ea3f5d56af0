/** The split as one bar with a handle between neighbours. Each handle is a slider to keyboard and screen reader. */
import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { handlePosition, moveHandle } from '../model/weights.ts';

export interface SplitSliderProps {
  readonly names: readonly string[];
  readonly weights: readonly number[];
  /** What is in force now: shown as ticks above. */
  readonly current: readonly number[];
  readonly totalRps: number;
  readonly disabled: boolean;
  readonly onChange: (weights: number[]) => void;
}

const tints = ['var(--a-bg)', 'var(--b-bg)', 'var(--c-bg)'];

export function SplitSlider({ names, weights, current, totalRps, disabled, onChange }: SplitSliderProps) {
  const bar = useRef<HTMLDivElement>(null);
  const handles = names.slice(0, -1).map((_, index) => index);
  const drag = (handle: number) => (event: PointerEvent<HTMLDivElement>) => {
    if (disabled || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = bar.current?.getBoundingClientRect();
    if (box === undefined) return;
    onChange(moveHandle(weights, handle, ((event.clientX - box.left) / box.width) * 100));
  };
  const press = (handle: number) => (event: KeyboardEvent) => {
    const at = handlePosition(weights, handle);
    const to: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - 10,
      PageUp: at + 10,
      Home: 0,
      End: 100,
    };
    const next = to[event.key];
    if (next === undefined || disabled) return;
    event.preventDefault();
    onChange(moveHandle(weights, handle, next));
  };
  return (
    <div className="split">
      <div className="split-now" aria-hidden="true">
        {handles.map((handle) => (
          <i key={handle} style={{ left: `${handlePosition(current, handle)}%` }} />
        ))}
        <span className="faint">now {current.join(' / ')}</span>
      </div>
      <div ref={bar} className="split-bar">
        {names.map((name, index) => {
          const weight = weights[index] ?? 0;
          return (
            <div
              key={name}
              className={`split-part ${weight === 0 ? 'is-none' : ''}`}
              style={{ width: `${weight}%`, background: tints[Math.min(index, 2)] }}
            >
              {weight >= 13 && (
                <>
                  <span className="soft">{name}</span> <b>{weight} %</b>
                  {weight >= 45 && (
                    <span className="split-rps soft">about {Math.round((totalRps * weight) / 100)} rps</span>
                  )}
                </>
              )}
            </div>
          );
        })}
        {handles.map((handle) => (
          <div
            key={handle}
            className="split-handle"
            role="slider"
            tabIndex={disabled ? -1 : 0}
            aria-label={`Split between ${names[handle]} and ${names[handle + 1]}`}
            aria-valuemin={handlePosition(weights, handle - 1)}
            aria-valuemax={handlePosition(weights, handle + 1)}
            aria-valuenow={handlePosition(weights, handle)}
            aria-valuetext={names.map((name, index) => `${name} ${weights[index] ?? 0} percent`).join(', ')}
            aria-disabled={disabled}
            style={{ left: `${handlePosition(weights, handle)}%` }}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag(handle)}
            onKeyDown={press(handle)}
          />
        ))}
      </div>
    </div>
  );
}
