/** Parts per million <-> envoy.type.v3.FractionalPercent, whose denominator is a hundred, ten thousand or a million. */
import type { PerMillion } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';

const denominators = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

export function encodeFraction(share: PerMillion) {
  return { numerator: share, denominator: 'MILLION' };
}

export function decodeFraction(parent: FieldReader, name: string): PerMillion {
  const field = parent.field(name);
  const unit = field.oneOf('denominator', ['HUNDRED', 'TEN_THOUSAND', 'MILLION'], 'HUNDRED');
  return field.number('numerator') * (1_000_000 / denominators[unit]);
}
