/** The answer in words. */
import type { ExplainedUpstream, ExplainError, RouteExplainAnswer } from '@heddle/schema';
import { duration, inline } from '../../format/number.ts';

export interface Headline {
  readonly text: string;
  readonly bad: boolean;
}

const flagWords: Readonly<Record<string, string>> = {
  NR: 'no rule matches',
  NC: 'its destination does not exist',
  FI: 'an injected fault',
  UH: 'no healthy endpoint',
};

export function headlineOf(answer: RouteExplainAnswer | ExplainError, isConnection: boolean): Headline {
  if ('error' in answer) return { text: `Not answered: ${answer.error.message}`, bad: true };
  return isConnection ? connectionHeadline(answer) : requestHeadline(answer);
}

/** Nobody answers a connection with a status: it is carried on or closed. */
function connectionHeadline(answer: RouteExplainAnswer): Headline {
  if (answer.action === 'route') return requestHeadline(answer);
  const isLost = answer.flag === 'NC';
  return {
    text: isLost
      ? 'Closed: its destination does not exist'
      : answer.action === 'none'
        ? 'Closed: nothing here takes it'
        : 'Closed: only what the mesh knows may be called',
    bad: true,
  };
}

function requestHeadline(answer: RouteExplainAnswer): Headline {
  const grpc = answer.grpcStatus === undefined ? '' : ` (gRPC status ${answer.grpcStatus})`;
  const status = answer.status === undefined ? '' : ` ${answer.status}${grpc}`;
  const flag = answer.flag === undefined ? undefined : (flagWords[answer.flag] ?? answer.flag);
  switch (answer.action) {
    case 'route': {
      const names = new Set((answer.upstreams ?? []).map(upstreamService));
      return { text: `Goes to ${[...names].join(', ') || 'nowhere'}`, bad: false };
    }
    case 'redirect':
      return { text: `Redirected${status} to ${answer.location ?? ''}`, bad: false };
    case 'direct':
      return { text: `Answered${status} by the proxy itself`, bad: false };
    case 'fault':
      return { text: `Answered${status}: an injected fault`, bad: true };
    case 'error':
      return { text: `Fails with${status}${flag === undefined ? '' : `: ${flag}`}`, bad: true };
    case 'none':
      return { text: `Answered${status || ' 404'}: ${flag ?? 'nothing answers to this host'}`, bad: true };
  }
}

/** `reviews.default`; what is not a service of Kubernetes is called by its host. */
function upstreamService({ service, namespace, host }: ExplainedUpstream): string {
  const isOwn = service !== undefined && host.startsWith(`${service}.${namespace ?? ''}.`);
  return isOwn ? `${service}.${namespace ?? ''}` : host;
}

/** `reviews v2`, `reviews.shop:9080`. */
export function upstreamName(upstream: ExplainedUpstream): string {
  const { service, host, subset } = upstream;
  return `${service ?? host}${subset === undefined ? '' : ` ${subset}`}`;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** The mesh's default, which nobody wrote. */
  readonly isDefault: boolean;
}

/** What is done with the request on its way, what is unusual first. */
export function factsOf(answer: RouteExplainAnswer, asked: { host: string; path: string }): Fact[] {
  const facts: Fact[] = [];
  const add = (label: string, value: string, isDefault = false) => facts.push({ label, value, isDefault });
  const { fault, mirrors, responseHeaders, retry, timeoutMs } = answer;
  if (answer.path !== undefined)
    add(
      'Path',
      answer.path === asked.path ? answer.path : `${asked.path} → ${answer.path}`,
      answer.path === asked.path,
    );
  if (answer.authority !== undefined) {
    const kept = answer.authority === asked.host || answer.authority.replace(/:\d+$/, '') === asked.host;
    add('Host', kept ? answer.authority : `${asked.host} → ${answer.authority}`, kept);
  }
  for (const [name, value] of Object.entries(answer.requestHeaders ?? {})) add('Header', `${name}: ${value}`);
  for (const [name, value] of Object.entries(responseHeaders?.set ?? {}))
    add('In the answer', `${name}: ${value}`);
  for (const [name, value] of Object.entries(responseHeaders?.add ?? {}))
    add('In the answer', `${name}: ${value} added`);
  for (const name of responseHeaders?.remove ?? []) add('In the answer', `${name} removed`);
  if (answer.body !== undefined && answer.body !== '') add('Body', answer.body);
  if (fault?.delay !== undefined)
    add('Fault', `${inline(duration(fault.delay.ms))} late for ${fault.delay.percent} %`);
  if (fault?.abort !== undefined) add('Fault', `answered ${fault.abort.status} for ${fault.abort.percent} %`);
  for (const { host, percent } of mirrors ?? []) add('Mirror', `${percent} % to ${host}`);
  if (timeoutMs !== undefined)
    add('Timeout', timeoutMs === 0 ? 'none' : inline(duration(timeoutMs)), timeoutMs === 0);
  if (retry !== undefined) add('Retries', retryWords(retry), isUsual(retry));
  return facts;
}

type Retry = NonNullable<RouteExplainAnswer['retry']>;

function retryWords({ attempts, on, perTryTimeoutMs }: Retry): string {
  if (attempts === 0) return 'none';
  const each = perTryTimeoutMs === 0 ? '' : `, ${inline(duration(perTryTimeoutMs))} each`;
  return `${attempts}${each} on ${on.join(', ')}`;
}

/** Istio's default, which holds where no rule says otherwise. */
function isUsual({ attempts, on, perTryTimeoutMs }: Retry): boolean {
  return (
    attempts === 2 && perTryTimeoutMs === 0 && on.includes('connect-failure') && on.includes('cancelled')
  );
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local` against where the request would go now. */
export function goesWhereItWent(cluster: string, answer: RouteExplainAnswer): boolean {
  const [, port = '', subset = '', host = ''] = cluster.split('|');
  return (answer.upstreams ?? []).some(
    (upstream) =>
      upstream.host === host && String(upstream.port) === port && (upstream.subset ?? '') === subset,
  );
}
