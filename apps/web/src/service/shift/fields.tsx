/** The split as numbers that sum to 100 by themselves, and quick steps for the version that is not the baseline. */
import { setWeight } from '../model/weights.ts';
import { versionColor } from '../version-cards.tsx';

export interface WeightFieldsProps {
  readonly names: readonly string[];
  readonly weights: readonly number[];
  readonly disabled: boolean;
  readonly onChange: (weights: number[]) => void;
}

const quickSteps = [10, 50, 100];

export function WeightFields({ names, weights, disabled, onChange }: WeightFieldsProps) {
  const canary = 1;
  return (
    <div className="weights">
      {names.map((name, index) => (
        <label key={name} className="weight">
          <i className="swatch" style={{ background: versionColor(index) }} />
          <span>{name}</span>
          <input
            type="number"
            inputMode="numeric"
            min={0}
            max={100}
            step={1}
            aria-label={`Weight of ${name} in percent`}
            data-version={name}
            disabled={disabled}
            value={weights[index] ?? 0}
            onChange={(event) => onChange(setWeight(weights, index, event.currentTarget.valueAsNumber))}
            onFocus={(event) => event.currentTarget.select()}
          />
          <span className="faint">%</span>
        </label>
      ))}
      <span className="faint weights-sum">= {weights.reduce((sum, weight) => sum + weight, 0)} %</span>
      <span className="quick" role="group" aria-label={`Set ${names[canary] ?? ''} to`}>
        {quickSteps.map((step) => (
          <button
            key={step}
            type="button"
            disabled={disabled}
            aria-label={`${names[canary] ?? ''} ${step} percent`}
            onClick={() => onChange(setWeight(weights, canary, step))}
          >
            {step}
          </button>
        ))}
      </span>
    </div>
  );
}
