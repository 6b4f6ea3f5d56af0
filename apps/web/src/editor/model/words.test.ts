import { describe, expect, it } from 'vitest';
import { isInText, wordsOf } from './words.ts';

const told = (line: string) => wordsOf(line).map(({ from, to, kind }) => `${kind} ${line.slice(from, to)}`);

describe('the words of a line', () => {
  it('are a key and its value', () => {
    expect(told('  name: reviews')).toEqual(['key name', 'sign :', 'value reviews']);
    expect(told('spec:')).toEqual(['key spec', 'sign :']);
    expect(told('    - destination:')).toEqual(['sign -', 'key destination', 'sign :']);
    expect(told('"a.b/c": "d # e"')).toEqual(['key "a.b/c"', 'sign :', 'value "d # e"']);
  });

  it('in braces and brackets are told apart too', () => {
    expect(told('- { host: reviews, ports: [80, 443] } # both')).toEqual([
      'sign -',
      'sign {',
      'key host',
      'sign :',
      'value reviews',
      'sign ,',
      'key ports',
      'sign :',
      'sign [',
      'value 80',
      'sign ,',
      'value 443',
      'sign ]',
      'sign }',
      'comment # both',
    ]);
  });

  it('keep colons, commas and signs that belong to a value', () => {
    expect(told('image: repo.example:5000/a:1')).toEqual([
      'key image',
      'sign :',
      'value repo.example:5000/a:1',
    ]);
    expect(told('args: a, b - c')).toEqual(['key args', 'sign :', 'value a, b - c']);
    expect(told('- spiffe://cluster.local/ns/a#b')).toEqual([
      'sign -',
      'value spiffe://cluster.local/ns/a#b',
    ]);
  });

  it('know parts of documents, anchors and references', () => {
    expect(told('--- # next')).toEqual(['sign ---', 'comment # next']);
    expect(told('base: &base')).toEqual(['key base', 'sign :', 'name &base']);
    expect(told('<<: *base')).toEqual(['key <<', 'sign :', 'name *base']);
  });
});

describe('a text that | began', () => {
  const lines = ['data:', '  script: |', '    key: not one', '', '    # no comment', '  next: value'];
  const isText = (index: number) => isInText((at) => lines[at] ?? '', index);

  it('goes on while the lines are further right than its key', () => {
    expect([0, 1, 2, 4, 5].map(isText)).toEqual([false, false, true, true, false]);
  });
});
