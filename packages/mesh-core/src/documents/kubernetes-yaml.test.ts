import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubernetesYaml } from './kubernetes-yaml.ts';
import { parseDocuments } from './parse.ts';

const read = (scalar: string): unknown => parse(`a: ${scalar}`, kubernetesYaml).a;

// Expected values: sigs.k8s.io/yaml, which is what kubectl and istioctl read with.
describe('a plain scalar is read as Kubernetes reads it', () => {
  it.each(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON', '!!bool yes'])(
    '%s is true',
    (scalar) => expect(read(scalar)).toBe(true),
  );

  it.each(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'])(
    '%s is false',
    (scalar) => expect(read(scalar)).toBe(false),
  );

  it.each([
    ['80', 80],
    ['+80', 80],
    ['-0', 0],
    ['0x10', 16],
    ['-0X1f', -31],
    ['0x1F_0', 0x1f0],
    ['010', 8],
    ['0o10', 8],
    ['0_10', 8],
    ['08', 8],
    ['0b11', 3],
    ['1_000', 1000],
    ['8e1', 80],
    ['80.0', 80],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5e1', -5],
    ['1_0.2_5', 10.25],
    ['.7_8', 0.78],
    ['-_8', -8],
    ['02777777777777777777777', 2.777777777777778e21],
    ["!!int '80'", 80],
    ['!!float 1', 1],
    ['18446744073709551615', 18446744073709551615n],
    ['100000000000000000000', 1e20],
  ])('%s is the number %s', (scalar, value) => expect(read(scalar)).toBe(Number(value)));

  it.each([
    'tRue',
    'oN',
    'yeS',
    '1:30',
    '2001-01-01',
    '2001-12-14t21:59:43.10-05:00',
    '0x',
    '0x_',
    '0o9',
    '0b12',
    '_1',
    '.1__0',
    '1e999',
    '1.2.3',
    '0x10000000000000000',
    '10.0.0.1',
    '=',
    '+',
    '.',
  ])('%s is text', (scalar) => expect(read(scalar)).toBe(scalar));

  it.each(['"yes"', "'010'", '"0x10"'])('%s is text, for it stands in quotes', (scalar) =>
    expect(read(scalar)).toBe(scalar.slice(1, -1)),
  );

  it.each(['.inf', '-.Inf', '.nan'])('%s is refused, as JSON has no such number', (scalar) => {
    expect(() => read(scalar)).toThrow(`"${scalar}" is no number`);
  });

  it('names of fields stay text', () =>
    expect(parse('{ on: 1, 0x10: 2 }', kubernetesYaml)).toEqual({ true: 1, 16: 2 }));

  it('a number of many digits is read in no time', () => {
    expect(read('9'.repeat(5_000_000))).toBe('9'.repeat(5_000_000));
    expect(read(`0x${'f'.repeat(5_000_000)}`)).toHaveLength(5_000_002);
  });
});

describe('a document', () => {
  const rule = (spec: string) =>
    `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: a }\nspec: ${spec}\n`;

  it('may say yes, and write a port to base 16', () => {
    const { documents, findings } = parseDocuments(
      rule(
        '{ host: a, trafficPolicy: { tls: { mode: SIMPLE, insecureSkipVerify: yes }, portLevelSettings: [{ port: { number: 0x50 } }] } }',
      ),
    );
    expect(findings).toEqual([]);
    expect(documents[0]?.object['spec']).toMatchObject({
      trafficPolicy: { tls: { insecureSkipVerify: true }, portLevelSettings: [{ port: { number: 80 } }] },
    });
  });

  it('is told that a word was read as true where text was meant', () => {
    const { findings } = parseDocuments(rule('{ host: a, subsets: [{ name: v, labels: { version: on } }] }'));
    expect(findings).toMatchObject([{ code: 'IST0106', path: 'spec.subsets[0].labels.version' }]);
    expect(findings[0]?.message).toBe(
      'spec.subsets[0].labels.version is true: it must be string; put it in quotes, as YAML reads words such as yes, no, on and off as true and false',
    );
  });
});
