/** Every service with what it takes and how it does, trouble first. */
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import type { ServiceSummary } from '@heddle/schema';
import { servicesQuery } from '../api/queries.ts';
import { count, duration, percent, rate } from '../format/number.ts';
import { Value } from '../ui/figure.tsx';
import { Icon } from '../ui/icon.tsx';
import { StateMark, stateRank } from '../ui/state.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import '../ui/page.css';
import { splitUnanswered, versionName } from './model/versions.ts';
import './service.css';
import { NumHead } from '../ui/table.tsx';

export function ServicesPage() {
  const { ns } = useSearch({ from: '/services' });
  const query = useQuery(servicesQuery());
  const services = (query.data?.items ?? []).filter(
    (service) => ns === undefined || service.namespace === ns,
  );
  return (
    <div className="scroll-page">
      <h1>Services</h1>
      {query.data === undefined ? (
        query.error === null ? (
          <Loading what="the services" />
        ) : (
          <Failure error={query.error} what="list of services" retry={() => void query.refetch()} />
        )
      ) : services.length === 0 ? (
        <Empty title={ns === undefined ? 'No services yet' : `No services in ${ns}`}>
          Apply a Service and start its workload with a sidecar: <code>heddle apply -f service.yaml</code>
        </Empty>
      ) : (
        <ServiceTable services={services} />
      )}
    </div>
  );
}

function ServiceTable({ services }: { services: readonly ServiceSummary[] }) {
  const sorted = services.toSorted(
    (a, b) =>
      stateRank[a.state] - stateRank[b.state] ||
      b.inbound.rps - a.inbound.rps ||
      a.name.localeCompare(b.name),
  );
  return (
    <>
      <p className="lead">{summary(services)}</p>
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Services">
        <table className="table cosy">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">State</th>
              <th scope="col">Versions, by share of requests</th>
              <NumHead>rps</NumHead>
              <NumHead>Errors</NumHead>
              <NumHead>p50</NumHead>
              <NumHead>p95</NumHead>
              <NumHead>p99</NumHead>
              <NumHead>n, 1 min</NumHead>
              <NumHead>Ready</NumHead>
            </tr>
          </thead>
          <tbody>
            {sorted.map((service) => (
              <ServiceRow key={service.hostname} service={service} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function ServiceRow({ service }: { service: ServiceSummary }) {
  const { inbound } = service;
  return (
    <tr>
      <th scope="row">
        <Link
          to="/services/$ns/$name"
          params={{ ns: service.namespace, name: service.name }}
          search={{}}
          className="service-link"
        >
          <Icon name={service.kind === 'gateway' ? 'gateway' : 'service'} size={14} />
          {service.name} <span className="faint">{service.namespace}</span>
        </Link>
      </th>
      <td>
        <StateMark state={service.state} />
      </td>
      <td>
        <span className="share-strip">
          {splitUnanswered(service.versions).named.map((version, index) => (
            <i
              key={version.version}
              className={`tint-${Math.min(index, 2)}`}
              style={{ flex: Math.max(0.06, version.share) }}
              title={`${version.version} ${percent(version.share).value} %`}
            >
              {versionName(version)}
            </i>
          ))}
        </span>
      </td>
      <td className="num">{rate(inbound.rps).value}</td>
      <td className={`num ${inbound.errors > 0 ? `state-${service.state}` : ''}`}>
        {inbound.n === 0 ? '–' : <Value of={percent(inbound.errorRatio)} />}
      </td>
      <td className="num">
        <Value of={duration(inbound.p50Ms)} />
      </td>
      <td className="num">
        <Value of={duration(inbound.p95Ms)} />
      </td>
      <td className="num">
        <Value of={duration(inbound.p99Ms)} />
      </td>
      <td className="num soft">{count(inbound.n)}</td>
      <td className={`num ${service.instancesReady < service.instancesTotal ? 'state-failing' : 'soft'}`}>
        {service.instancesReady}/{service.instancesTotal}
      </td>
    </tr>
  );
}

function summary(services: readonly ServiceSummary[]): string {
  const failing = services.filter((service) => service.state === 'failing').map((service) => service.name);
  const degraded = services.filter((service) => service.state === 'degraded').map((service) => service.name);
  if (failing.length > 0) return `Failing: ${failing.join(', ')}.`;
  if (degraded.length > 0) return `Degraded: ${degraded.join(', ')}.`;
  const idle = services.filter((service) => service.inbound.n === 0).length;
  return idle === 0
    ? `All ${services.length} answer as they should.`
    : `${services.length - idle} of ${services.length} take requests and answer as they should.`;
}
