import { durationMs } from '../world/duration.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { sessionFindings } from './route-rules.ts';

/** What the definitions of BackendTLSPolicy and XBackendTrafficPolicy ask beyond their fields' forms (IST0106). */
export const backendPolicyShape: Rule = function* (world) {
  for (const document of world.documents.backendTlsPolicies) {
    const { validation, targetRefs } = document.object.spec;
    const hasRefs = (validation.caCertificateRefs ?? []).length > 0;
    if (hasRefs === (validation.wellKnownCACertificates !== undefined)) {
      const message = hasRefs
        ? 'caCertificateRefs and wellKnownCACertificates exclude each other; keep one of them'
        : 'nobody is trusted: give caCertificateRefs, or wellKnownCACertificates: System';
      yield [document, error('spec.validation', message)];
    }
    for (const [i, name] of (validation.subjectAltNames ?? []).entries()) {
      for (const [type, field] of [
        ['Hostname', 'hostname'],
        ['URI', 'uri'],
      ] as const) {
        if ((name.type === type) === (name[field] !== undefined)) continue;
        const path = `spec.validation.subjectAltNames[${i}].${field}`;
        yield [document, error(path, `${field} goes with type ${type}, which here is ${name.type}`)];
      }
    }
    for (const [i, ref] of targetRefs.entries()) {
      const earlier = targetRefs
        .slice(0, i)
        .filter(({ group, kind, name }) => group === ref.group && kind === ref.kind && name === ref.name);
      if (
        earlier.some(
          (one) =>
            one.sectionName === undefined ||
            ref.sectionName === undefined ||
            one.sectionName === ref.sectionName,
        )
      ) {
        const message = `${ref.kind} ${ref.name} is named twice; give each reference its own sectionName`;
        yield [document, error(`spec.targetRefs[${i}]`, message)];
      }
    }
  }
  for (const document of world.documents.backendTrafficPolicies) {
    const { targetRefs, retryConstraint, sessionPersistence } = document.object.spec;
    const targets = new Set<string>();
    for (const [i, { group, kind, name }] of targetRefs.entries()) {
      const target = JSON.stringify([group, kind, name]);
      if (targets.has(target)) {
        yield [
          document,
          error(`spec.targetRefs[${i}]`, `${kind} ${name} is named twice; keep one of the two`),
        ];
      }
      targets.add(target);
    }
    for (const [field, least] of [
      ['budget', 1000],
      ['minRetryRate', 1],
    ] as const) {
      const interval = retryConstraint?.[field]?.interval;
      const ms = durationMs(interval ?? '1s') ?? 0;
      if (ms < least || ms > 3_600_000) {
        const path = `spec.retryConstraint.${field}.interval`;
        yield [document, error(path, `"${interval}": at least ${least} ms, at most one hour`)];
      }
    }
    for (const finding of sessionFindings(sessionPersistence, 'spec.sessionPersistence'))
      yield [document, finding];
  }
};

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
