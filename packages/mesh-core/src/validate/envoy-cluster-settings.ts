import type { BackendTrafficPolicySpec } from '@heddle/schema';
import { durationMs } from '../world/duration.ts';
import { type RuleFinding, schemaError } from './rule.ts';

export type EnvoyClusterSettings = Pick<
  BackendTrafficPolicySpec,
  'loadBalancer' | 'connection' | 'healthCheck' | 'http2' | 'circuitBreaker' | 'retry'
>;

/** What the definitions ask of settings of clusters beyond their fields' forms, wherever these stand. */
export function* clusterSettingsFindings(
  { loadBalancer, connection, healthCheck, http2, circuitBreaker }: EnvoyClusterSettings,
  path: string,
): Iterable<RuleFinding> {
  if (loadBalancer !== undefined) yield* loadBalancerFindings(loadBalancer, `${path}.loadBalancer`);
  if (
    connection?.preconnect?.predictivePercent !== undefined &&
    !['Random', 'RoundRobin'].includes(loadBalancer?.type ?? '')
  ) {
    yield schemaError(
      `${path}.connection.preconnect.predictivePercent`,
      'connections are made beforehand with a loadBalancer of type RoundRobin or Random alone',
    );
  }
  if (healthCheck?.active !== undefined)
    yield* activeFindings(healthCheck.active, `${path}.healthCheck.active`);
  yield* keepaliveFindings(http2, path);
  const budget = circuitBreaker?.retryBudget?.percent;
  if (budget !== undefined) yield* fractionFindings(budget, `${path}.circuitBreaker.retryBudget.percent`);
}

export function* keepaliveFindings(
  http2: EnvoyClusterSettings['http2'],
  path: string,
): Iterable<RuleFinding> {
  const { timeout, interval } = http2?.connectionKeepalive ?? {};
  if (timeout === undefined || interval === undefined) return;
  if ((durationMs(timeout) ?? 0) >= (durationMs(interval) ?? 0)) {
    yield schemaError(
      `${path}.http2.connectionKeepalive.timeout`,
      `"${timeout}" has to be shorter than the interval "${interval}"`,
    );
  }
}

export function* fractionFindings(
  { numerator, denominator = 100 }: { readonly numerator: number; readonly denominator?: number },
  path: string,
): Iterable<RuleFinding> {
  if (numerator > denominator) {
    yield schemaError(`${path}.numerator`, `${numerator} is more than the denominator ${denominator}`);
  }
}

/** A field goes with one value of another and with no other one. */
export function* goesWith(
  path: string,
  value: object,
  type: string,
  fields: Readonly<Record<string, string>>,
): Iterable<RuleFinding> {
  const given: Readonly<Record<string, unknown>> = { ...value };
  for (const [wanted, field] of Object.entries(fields)) {
    const isGiven = given[field] !== undefined;
    if (type === wanted && !isGiven) yield schemaError(path, `type ${wanted} needs ${field}`);
    if (type !== wanted && isGiven) {
      yield schemaError(`${path}.${field}`, `${field} goes with type ${wanted}, which here is ${type}`);
    }
  }
}

type LoadBalancer = NonNullable<EnvoyClusterSettings['loadBalancer']>;

function* loadBalancerFindings(lb: LoadBalancer, path: string): Iterable<RuleFinding> {
  const { type, consistentHash, slowStart, zoneAware, endpointOverride, backendUtilization } = lb;
  yield* goesWith(path, lb, type, {
    ConsistentHash: 'consistentHash',
    BackendUtilization: 'backendUtilization',
    DynamicModule: 'dynamicModule',
  });
  const excluded = (field: string) =>
    schemaError(`${path}.${field}`, `${field} does not go with type ${type}`);
  if (slowStart !== undefined && ['Random', 'ConsistentHash', 'DynamicModule'].includes(type)) {
    yield excluded('slowStart');
  }
  if (zoneAware?.preferLocal !== undefined && ['ConsistentHash', 'BackendUtilization'].includes(type)) {
    yield schemaError(
      `${path}.zoneAware.preferLocal`,
      `preferLocal does not go with type ${type}; use weightedZones`,
    );
  }
  if (type === 'DynamicModule') {
    if (zoneAware !== undefined) yield excluded('zoneAware');
    if (endpointOverride !== undefined) yield excluded('endpointOverride');
  }
  if (zoneAware?.preferLocal !== undefined && zoneAware.weightedZones !== undefined) {
    yield schemaError(
      `${path}.zoneAware`,
      'preferLocal and weightedZones exclude each other; keep one of them',
    );
  }
  const period = backendUtilization?.outOfBand?.reportingPeriod;
  if (period !== undefined && durationMs(period) === 0) {
    yield schemaError(
      `${path}.backendUtilization.outOfBand.reportingPeriod`,
      `"${period}" has to be more than 0`,
    );
  }
  if (consistentHash === undefined) return;
  yield* goesWith(`${path}.consistentHash`, consistentHash, consistentHash.type, {
    Header: 'header',
    Headers: 'headers',
    Cookie: 'cookie',
    QueryParams: 'queryParams',
  });
  const { tableSize } = consistentHash;
  if (tableSize !== undefined && !isPrime(tableSize)) {
    yield schemaError(`${path}.consistentHash.tableSize`, `${tableSize} is no prime, which Maglev needs`);
  }
}

function isPrime(n: number): boolean {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
  return n > 1;
}

type Active = NonNullable<NonNullable<EnvoyClusterSettings['healthCheck']>['active']>;

function* activeFindings(active: Active, path: string): Iterable<RuleFinding> {
  const { type, http, tcp, grpc, healthCheckLog } = active;
  yield* goesWith(path, active, type, { HTTP: 'http', TCP: 'tcp' });
  if (grpc !== undefined && type !== 'GRPC') {
    yield schemaError(`${path}.grpc`, `grpc goes with type GRPC, which here is ${type}`);
  }
  for (const [payload, at] of [
    [http?.expectedResponse, 'http.expectedResponse'],
    [http?.requestBody, 'http.requestBody'],
    [tcp?.send, 'tcp.send'],
    [tcp?.receive, 'tcp.receive'],
  ] as const) {
    if (payload === undefined) continue;
    yield* goesWith(`${path}.${at}`, payload, payload.type, { Text: 'text', Binary: 'binary' });
    if (payload.binary !== undefined && !/^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(payload.binary)) {
      yield schemaError(`${path}.${at}.binary`, 'the bytes are not base64');
    }
  }
  if (http?.requestBody !== undefined && !['POST', 'PUT'].includes((http.method ?? '').toUpperCase())) {
    yield schemaError(`${path}.http.requestBody`, 'a body goes with the method POST or PUT');
  }
  const method = http?.method?.toUpperCase();
  if (method !== undefined && !methods.has(method)) {
    yield schemaError(
      `${path}.http.method`,
      `"${http?.method}" is no method; expected one of ${[...methods].join(', ')}`,
    );
  }
  const { matches, sinks = [] } = healthCheckLog ?? {};
  if (matches !== undefined) {
    const tells = (...names: readonly string[]) => matches.some((one) => names.includes(one));
    if (tells('Failure', 'FailureSeriesStart') !== tells('Success', 'HealthyTransition')) {
      yield schemaError(
        `${path}.healthCheckLog.matches`,
        'name a kind of failure and a kind of success together',
      );
    }
  }
  for (const [i, sink] of sinks.entries()) {
    yield* goesWith(`${path}.healthCheckLog.sinks[${i}]`, sink, sink.type, { File: 'file' });
  }
}

const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]);
