import { describe, expect, it } from 'vitest';
import { HeaderFields } from './header-fields.ts';

describe('repeated fields', () => {
  const headers = HeaderFields.fromRaw(['Accept', 'a', 'Cookie', 'x=1', 'accept', 'b', 'cookie', 'y=2; z=3']);

  it('are one value with commas', () => {
    expect(headers.get('accept')).toBe('a,b');
  });

  it('are one list of cookies, of which each is found', () => {
    expect(headers.get('cookie')).toBe('x=1; y=2; z=3');
  });
});
