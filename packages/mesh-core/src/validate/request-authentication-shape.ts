import type { JwtRule } from '@heddle/schema';
import { durationMs } from '../world/duration.ts';
import { exclusive, type Rule, type RuleFinding } from './rule.ts';

/** What a RequestAuthentication must say of each issuer: who it is, keys that can be read, where tokens are (IST0106). */
export const requestAuthenticationShape: Rule = function* (world) {
  for (const document of world.documents.requestAuthentications) {
    for (const [i, rule] of (document.object.spec?.jwtRules ?? []).entries()) {
      for (const finding of ruleFindings(rule, `spec.jwtRules[${i}]`)) yield [document, finding];
    }
  }
};

function* ruleFindings(rule: JwtRule, path: string): Iterable<RuleFinding> {
  yield* exclusive(path, rule, ['jwksUri', 'jwks_uri', 'jwks']);
  const uri = rule.jwksUri ?? rule.jwks_uri ?? '';
  if ((rule.issuer ?? '') === '' && uri === '') {
    yield error(`${path}.issuer`, 'neither issuer nor jwksUri is given; name the issuer of the tokens');
  }
  if (uri !== '' && !isHttpUrl(uri)) {
    yield error(`${path}.jwksUri`, `"${uri}" is no http or https URL; name where the keys are`);
  }
  if (rule.jwks !== undefined && rule.jwks !== '') yield* keyFindings(rule.jwks, `${path}.jwks`);
  for (const field of ['audiences', 'fromParams', 'fromCookies'] as const) {
    for (const [i, value] of (rule[field] ?? []).entries()) {
      if (value === '') yield error(`${path}.${field}[${i}]`, 'the value is empty; remove it');
    }
  }
  for (const [i, { name }] of (rule.fromHeaders ?? []).entries()) {
    if (name === '') yield error(`${path}.fromHeaders[${i}].name`, 'the header has no name');
  }
  for (const [i, { header, claim }] of (rule.outputClaimToHeaders ?? []).entries()) {
    const at = `${path}.outputClaimToHeaders[${i}]`;
    if (header === '' || claim === '') yield error(at, 'header and claim are both needed');
    else if (!/^[-\w]+$/.test(header)) yield error(`${at}.header`, `"${header}" is not a header name`);
  }
  if (rule.timeout !== undefined && (durationMs(rule.timeout) ?? 0) < 1) {
    yield error(`${path}.timeout`, `"${rule.timeout}" is not a duration of at least 1ms, such as 5s`);
  }
}

export function* keyFindings(jwks: string, path: string): Iterable<RuleFinding> {
  let keys: unknown[];
  try {
    const set: unknown = JSON.parse(jwks);
    keys = isObject(set) && Array.isArray(set['keys']) ? set['keys'] : [set];
  } catch (cause) {
    yield error(path, `the keys are not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
    return;
  }
  for (const [i, key] of keys.entries()) {
    const wrong = isObject(key) ? keyError(key) : 'it is no object';
    if (wrong !== undefined) {
      yield error(path, `key ${i} is no JSON Web Key: ${wrong} (RFC 7517 §4, RFC 7518 §6)`);
    } else if (isObject(key) && ('d' in key || key['kty'] === 'oct')) {
      yield {
        code: 'IST0133',
        severity: 'warning',
        path,
        message: `key ${i} is private: only public keys are needed to verify tokens; take it out and replace it everywhere`,
      };
    }
  }
}

/** What a key of each type must have; curves are names, the rest is base64url. */
const members: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
};

function keyError(key: Readonly<Record<string, unknown>>): string | undefined {
  const { kty } = key;
  const needed = typeof kty === 'string' && Object.hasOwn(members, kty) ? members[kty] : undefined;
  if (needed === undefined) return `"kty" must be one of ${Object.keys(members).join(', ')}`;
  for (const name of needed) {
    const value = key[name];
    if (typeof value !== 'string') return `"${name}" is missing`;
    if (name !== 'crv' && !/^(?:[\w/+-]{4})*(?:[\w/+-]{2,3}=*)?$/.test(value))
      return `"${name}" is not base64url`;
  }
  const odd = ['kid', 'alg', 'use'].find((name) => key[name] !== undefined && typeof key[name] !== 'string');
  return odd === undefined ? undefined : `"${odd}" is not a text`;
}

function isHttpUrl(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
