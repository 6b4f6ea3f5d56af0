/**
 * Decisions of Istio's own config generation in a real Envoy, over mTLS and with signed tokens, for random policies and requests:
 * each must be ours too.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthorizationExplainRequest } from '@heddle/schema';
import { expect, it } from 'vitest';
import { explainDocuments } from './explain-documents.ts';

/** The first line of a recording is the workload; each line after it one set of policies with its requests. */
interface Group {
  readonly policies: readonly object[];
  readonly cases: readonly (readonly ['allow' | 'deny', Omit<AuthorizationExplainRequest, 'workload'>])[];
}

const folder = join(import.meta.dirname, 'testdata', 'authz');

it.each(globSync('*.ndjson', { cwd: folder }).toSorted())('decides as Istio and Envoy do: %s', (file) => {
  const [first = '', ...rest] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const workload: AuthorizationExplainRequest['workload'] = JSON.parse(first);
  const groups: Group[] = rest.map((line) => JSON.parse(line));
  const disagreements = groups.flatMap(({ policies, cases }, group) => {
    const { explainer, leftOut } = explainDocuments(policies.map((policy) => JSON.stringify(policy)));
    expect(leftOut).toEqual([]);
    return cases.flatMap(([decision, request]) => {
      const answer = explainer.explain({ authz: { workload, ...request } });
      return 'decision' in answer && answer.decision === decision
        ? []
        : [{ group, request, decision, answer }];
    });
  });
  expect(groups.flatMap(({ cases }) => cases).length).toBeGreaterThan(100);
  expect(disagreements).toEqual([]);
});
