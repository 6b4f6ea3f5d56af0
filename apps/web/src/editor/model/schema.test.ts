import { AuthorizationPolicyDocument, DestinationRuleDocument, VirtualServiceDocument } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { fieldsAt, type Schema, valuesAt, wordsAt } from './schema.ts';

/** As the API sends it. */
const sent = (schema: object): Schema => JSON.parse(JSON.stringify(schema));
const virtualService = sent(VirtualServiceDocument);

describe('what a schema says of a place', () => {
  it('lists the fields of a mapping, with what they take', () => {
    const fields = fieldsAt(virtualService, ['spec', 'http', '[]', 'route', '[]']);
    expect(fields.map(({ name }) => name)).toEqual(['destination', 'weight', 'headers']);
    expect(fields[0]).toMatchObject({ takes: 'object', isRequired: true, form: 'mapping' });
    expect(fields[1]).toMatchObject({
      takes: 'integer, 0 to 2,147,483,647',
      description: 'proportion of the sum; ignored for a lone destination',
      isRequired: false,
      form: 'value',
    });
  });

  it('follows keys that a person chooses', () => {
    const path = ['spec', 'http', '[]', 'match', '[]', 'headers', 'end-user'];
    expect(fieldsAt(virtualService, path).map(({ name }) => name)).toEqual(['exact', 'prefix', 'regex']);
  });

  it('knows closed sets of values', () => {
    expect(valuesAt(sent(AuthorizationPolicyDocument), ['spec', 'action'])).toContain('DENY');
    const mode = ['spec', 'trafficPolicy', 'tls', 'mode'];
    expect(valuesAt(sent(DestinationRuleDocument), mode)).toContain('ISTIO_MUTUAL');
    expect(wordsAt(sent(DestinationRuleDocument), mode)?.takes).toContain('ISTIO_MUTUAL');
  });

  it('says nothing of what it does not know', () => {
    expect(fieldsAt(virtualService, ['spec', 'wombat'])).toEqual([]);
    expect(wordsAt(virtualService, ['spec', 'wombat', 'x'])).toBeNull();
  });
});
