/** What a decision comes to, in words: equal words are equal decisions. */
import type { HeaderMutation, PathRewrite, RetryPolicy, Route, WeightedCluster } from '@heddle/traffic';
import { defaultRetry } from '../translate/istio/http-action.ts';

const described = new WeakMap<Route, string>();

/** Destinations first, then whatever is not as usual. */
export function describeRoute(route: Route): string {
  let words = described.get(route);
  if (words === undefined) described.set(route, (words = wordsOf(route)));
  return words;
}

function wordsOf({ action, requestHeaders, responseHeaders, authorizer }: Route): string {
  switch (action.kind) {
    case 'redirect': {
      const { kind: _kind, status, ...to } = action;
      return `redirect ${status} ${JSON.stringify(to)}`;
    }
    case 'direct':
      return `answer ${action.status}${action.body === '' ? '' : ` "${shortened(action.body)}"`}`;
    case 'forward': {
      const { fault, mirrors, timeoutMs, hostRewrite, pathRewrite, retry, hashPolicies } = action;
      return [
        destinations(action.clusters),
        // What it would answer nobody knows.
        ...(authorizer === undefined ? [] : [`asks the authorizer of ${authorizer}`]),
        ...(timeoutMs === 0 ? [] : [`timeout ${timeoutMs} ms`]),
        ...retryWords(retry),
        ...rewriteWords(pathRewrite),
        ...(hostRewrite === undefined ? [] : [`host ${hostRewrite}`]),
        ...(fault?.delay === undefined
          ? []
          : [`delay ${fault.delay.ms} ms for ${percent(fault.delay.share)}`]),
        ...(fault?.abort === undefined
          ? []
          : [`abort ${fault.abort.status} for ${percent(fault.abort.share)}`]),
        ...mirrors.map(({ cluster, share }) => `mirror ${percent(share)} to ${clusterWords(cluster)}`),
        ...(hashPolicies ?? []).map((policy) =>
          policy.kind === 'source-ip' ? 'sticky by source IP' : `sticky by ${policy.kind} ${policy.name}`,
        ),
        ...mutationWords('request', requestHeaders),
        ...mutationWords('response', responseHeaders),
        ...action.clusters.flatMap((one) => [
          ...mutationWords(`request to ${clusterWords(one.cluster)}`, one.requestHeaders),
          ...mutationWords(`response of ${clusterWords(one.cluster)}`, one.responseHeaders),
        ]),
      ].join(', ');
    }
  }
}

function destinations(clusters: readonly WeightedCluster[]): string {
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  if (clusters.length === 0) return 'no destination';
  return clusters
    .filter(({ weight }) => weight > 0 || clusters.length === 1)
    .map(({ cluster, weight, invalidStatus }) => {
      const share = clusters.length === 1 ? '' : ` ${Math.round((weight / total) * 1000) / 10} %`;
      return `${clusterWords(cluster)}${invalidStatus === undefined ? '' : ` (answers ${invalidStatus})`}${share}`;
    })
    .join(' · ');
}

/** `outbound|9080|v2|reviews.default.svc.cluster.local` is `reviews.default v2`, with the port where it is not told otherwise. */
function clusterWords(cluster: string): string {
  const [direction, port = '', subset = '', host = ''] = cluster.split('|');
  if (direction !== 'outbound' && direction !== 'refused') return cluster;
  const name = host.replace(/\.svc\.cluster\.local$/, '');
  return `${name}:${port}${subset === '' ? '' : ` ${subset}`}`;
}

function retryWords(retry: RetryPolicy): string[] {
  const isUsual =
    retry.numRetries === defaultRetry.numRetries &&
    retry.perTryTimeoutMs === 0 &&
    retry.statusCodes.length === 0 &&
    retry.backoffBaseMs === defaultRetry.backoffBaseMs &&
    retry.retryOn.join() === defaultRetry.retryOn.join();
  if (isUsual) return [];
  if (retry.numRetries === 0) return ['no retries'];
  const on = [...retry.retryOn, ...retry.statusCodes].join(' ');
  const perTry = retry.perTryTimeoutMs === 0 ? '' : ` of ${retry.perTryTimeoutMs} ms each`;
  return [`${retry.numRetries} retries${perTry} on ${on} after ${retry.backoffBaseMs} ms`];
}

function rewriteWords(rewrite: PathRewrite | undefined): string[] {
  if (rewrite === undefined) return [];
  return rewrite.kind === 'regex'
    ? [`path ${rewrite.pattern} -> ${rewrite.substitution}`]
    : [`${rewrite.kind === 'full' ? 'path' : 'prefix'} -> ${rewrite.value}`];
}

function mutationWords(what: string, { set, add, remove }: HeaderMutation): string[] {
  const parts = [
    ...set.map(({ name, value }) => `${name}=${value}`),
    ...add.map(({ name, value }) => `${name}+=${value}`),
    ...remove.map((name) => `-${name}`),
  ];
  return parts.length === 0 ? [] : [`${what} ${parts.join(' ')}`];
}

function percent(share: number): string {
  return `${share / 10_000} %`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
