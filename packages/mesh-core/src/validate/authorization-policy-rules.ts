import type { AuthorizationOperation, AuthorizationSource } from '@heddle/schema';
import { attributeValueError, serviceAccountError, trustDomainError } from './authorization-values.ts';
import { pathTemplateError } from './path-template.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** What the rules of an AuthorizationPolicy must say: no empty parts, known attributes, values of the right form (IST0106). */
export const authorizationPolicyRules: Rule = function* (world) {
  for (const document of world.documents.authorizationPolicies) {
    for (const [r, rule] of (document.object.spec?.rules ?? []).entries()) {
      const path = `spec.rules[${r}]`;
      for (const [i, { source }] of (rule.from ?? []).entries()) {
        for (const finding of sourceFindings(source, `${path}.from[${i}].source`)) yield [document, finding];
      }
      for (const [i, { operation }] of (rule.to ?? []).entries()) {
        for (const finding of operationFindings(operation, `${path}.to[${i}].operation`)) {
          yield [document, finding];
        }
      }
      for (const [i, { key, values = [], notValues = [] }] of (rule.when ?? []).entries()) {
        for (const finding of conditionFindings(key, values, notValues, `${path}.when[${i}]`)) {
          yield [document, finding];
        }
      }
    }
  }
};

function* sourceFindings(source: AuthorizationSource | undefined, path: string): Iterable<RuleFinding> {
  if (isEmpty(source)) {
    yield error(path, 'source is empty; say who the caller is, or remove it');
    return;
  }
  const given = (...fields: (keyof AuthorizationSource)[]) =>
    // An empty list is given too, as the CRD reads it.
    fields.find((field) => source?.[field] !== undefined);
  const account = given('serviceAccounts', 'notServiceAccounts');
  const other = given('principals', 'notPrincipals', 'namespaces', 'notNamespaces');
  if (account !== undefined && other !== undefined) {
    yield error(`${path}.${account}`, `${account} and ${other} exclude each other; keep one of them`);
  }
  for (const [field, values] of Object.entries(source ?? {})) {
    if (/^(?:not)?(?:remote)?ipBlocks$/i.test(field)) {
      yield* each(`${path}.${field}`, values, (value) => attributeValueError('source.ip', value));
    } else if (/^(?:not)?serviceAccounts$/i.test(field)) {
      if (values.length > 16) yield error(`${path}.${field}`, `${values.length} values, at most 16`);
      yield* each(`${path}.${field}`, values, serviceAccountError);
    } else if (/^(?:not)?trustDomains$/i.test(field)) {
      yield* each(`${path}.${field}`, values, trustDomainError);
    } else {
      yield* each(`${path}.${field}`, values, () => undefined);
    }
  }
}

function* operationFindings(
  operation: AuthorizationOperation | undefined,
  path: string,
): Iterable<RuleFinding> {
  if (isEmpty(operation)) {
    yield error(path, 'operation is empty; say what is asked for, or remove it');
    return;
  }
  for (const [field, values] of Object.entries(operation ?? {})) {
    yield* each(`${path}.${field}`, values, (value) => {
      if (field === 'ports' || field === 'notPorts') return attributeValueError('destination.port', value);
      return field === 'paths' || field === 'notPaths' ? pathTemplateError(value) : undefined;
    });
  }
}

function* conditionFindings(
  key: string,
  values: readonly string[],
  notValues: readonly string[],
  path: string,
): Iterable<RuleFinding> {
  if (key === '') {
    yield error(`${path}.key`, 'key is empty; name an attribute, such as request.headers[x-user]');
    return;
  }
  if (values.length + notValues.length === 0) {
    yield error(path, `${key} has neither values nor notValues; give it one of them`);
    return;
  }
  const wrong = attributeValueError(key);
  if (wrong !== undefined) {
    yield error(`${path}.key`, wrong);
    return;
  }
  for (const [field, list] of [
    ['values', values],
    ['notValues', notValues],
  ] as const) {
    if (key === 'source.serviceAccount' && list.length > 16) {
      yield error(`${path}.${field}`, `${list.length} values, at most 16`);
    }
    yield* each(`${path}.${field}`, list, (value) => attributeValueError(key, value));
  }
}

function* each(
  path: string,
  values: readonly string[],
  wrongWith: (value: string) => string | undefined,
): Iterable<RuleFinding> {
  for (const [i, value] of values.entries()) {
    const message = value === '' ? 'the value is empty; * is any value' : wrongWith(value);
    if (message !== undefined) yield error(`${path}[${i}]`, message);
  }
}

function isEmpty(part: AuthorizationSource | AuthorizationOperation | undefined): boolean {
  return Object.values(part ?? {}).every((values) => values.length === 0);
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
