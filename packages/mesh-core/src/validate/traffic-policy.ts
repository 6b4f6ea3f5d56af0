import type { TrafficPolicy } from '@heddle/schema';
import { clientTlsFindings } from './client-tls.ts';
import { connectionPoolFindings } from './connection-pool.ts';
import { durationFindings } from './durations.ts';
import { addressError, fqdnError } from './host-names.ts';
import { loadBalancerFindings } from './load-balancer.ts';
import { type RuleFinding, schemaError, schemaWarning } from './rule.ts';

type Settings = Pick<TrafficPolicy, 'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'tls'>;

/** How clients talk to a service, or to one subset or port of it (IST0106). */
export function* trafficPolicyFindings(
  path: string,
  policy: TrafficPolicy | undefined,
  namespace: string,
): Iterable<RuleFinding> {
  if (policy === undefined) return;
  if (isEmpty(policy)) {
    yield schemaError(path, 'the policy is empty; give it a setting, or remove it');
    return;
  }
  if (policy.tunnel !== undefined && policy.proxyProtocol !== undefined) {
    yield schemaError(
      `${path}.proxyProtocol`,
      'tunnel and proxyProtocol exclude each other; keep one of them',
    );
  }
  yield* settingFindings(path, policy, namespace);
  for (const [i, { port, ...settings }] of (policy.portLevelSettings ?? []).entries()) {
    const at = `${path}.portLevelSettings[${i}]`;
    if (port === undefined)
      yield schemaError(`${at}.port`, 'port is missing; name the port that this is for');
    if (isEmpty(settings))
      yield schemaError(at, 'there is no setting for the port; give it one, or remove it');
    yield* settingFindings(at, settings, namespace);
  }
  const { protocol = '', targetHost = 'a.b' } = policy.tunnel ?? {};
  if (!['', 'CONNECT', 'POST'].includes(protocol)) {
    yield schemaError(`${path}.tunnel.protocol`, `"${protocol}" is not a tunnel; expected CONNECT or POST`);
  }
  if (fqdnError(targetHost) !== undefined && addressError(targetHost) !== undefined) {
    yield schemaError(`${path}.tunnel.targetHost`, `"${targetHost}" is neither a host name nor an address`);
  }
}

function isEmpty(settings: object): boolean {
  return Object.values(settings).every(
    (value) => value === undefined || (Array.isArray(value) && value.length === 0),
  );
}

function* settingFindings(path: string, settings: Settings, namespace: string): Iterable<RuleFinding> {
  yield* outlierFindings(`${path}.outlierDetection`, settings.outlierDetection);
  yield* connectionPoolFindings(`${path}.connectionPool`, settings.connectionPool);
  yield* loadBalancerFindings(
    `${path}.loadBalancer`,
    settings.loadBalancer,
    settings.outlierDetection !== undefined,
  );
  yield* clientTlsFindings(`${path}.tls`, settings.tls, namespace);
}

function* outlierFindings(path: string, outlier: Settings['outlierDetection']): Iterable<RuleFinding> {
  if (outlier === undefined) return;
  yield* durationFindings(`${path}.interval`, outlier.interval);
  yield* durationFindings(`${path}.baseEjectionTime`, outlier.baseEjectionTime);
  if ((outlier.consecutiveErrors ?? 0) !== 0) {
    yield schemaWarning(
      `${path}.consecutiveErrors`,
      'consecutiveErrors is deprecated; write consecutiveGatewayErrors or consecutive5xxErrors',
    );
  }
  if ((outlier.consecutiveLocalOriginFailures ?? 0) > 0 && outlier.splitExternalLocalOriginErrors !== true) {
    yield schemaError(
      `${path}.consecutiveLocalOriginFailures`,
      'failures of local origin are counted apart only with splitExternalLocalOriginErrors: true; add it',
    );
  }
}
