/**
 * Decisions of Istio's own config generation in a real Envoy, over mTLS and with signed tokens, for random policies and requests:
 * each must be ours too.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthorizationExplainRequest } from '@heddle/schema';
import { expect, it } from 'vitest';
import { explainDocuments } from './explain-documents.ts';

interface Recorded {
  readonly workload: AuthorizationExplainRequest['workload'];
  readonly groups: readonly {
    readonly policies: readonly object[];
    readonly cases: readonly (readonly ['allow' | 'deny', Omit<AuthorizationExplainRequest, 'workload'>])[];
  }[];
}

const folder = join(import.meta.dirname, 'testdata', 'authz');

it.each(globSync('*.json', { cwd: folder }).toSorted())('decides as Istio and Envoy do: %s', (file) => {
  const recorded: Recorded = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const disagreements = recorded.groups.flatMap(({ policies, cases }, group) => {
    const { explainer, leftOut } = explainDocuments(policies.map((policy) => JSON.stringify(policy)));
    expect(leftOut).toEqual([]);
    return cases.flatMap(([decision, request]) => {
      const answer = explainer.explain({ authz: { workload: recorded.workload, ...request } });
      return 'decision' in answer && answer.decision === decision
        ? []
        : [{ group, request, decision, answer }];
    });
  });
  expect(recorded.groups.flatMap(({ cases }) => cases).length).toBeGreaterThan(100);
  expect(disagreements).toEqual([]);
});
