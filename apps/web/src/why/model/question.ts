/** A request to ask about, taken from where the reader stands: an edge, a route of a service, a span of a trace. */
import type { RouteRequestFrom, ServiceSummary, WorkloadSummary } from '@heddle/schema';
import { outsideId, parseNodeId } from '../../format/name.ts';
import type { SpanNode } from '../../trace/model/tree.ts';

export const protocols = ['http', 'grpc', 'tcp', 'tls'] as const;
export type Protocol = (typeof protocols)[number];

/** As it stands in the form: text, whether it can be asked or not. Fields that the protocol does not have stay as they are. */
export interface Question {
  readonly protocol: Protocol;
  /** `namespace/workload` whose proxy is asked. */
  readonly from: string;
  readonly method: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  /** One `name: value` a line. */
  readonly headers: string;
  /** The name that TLS asks for; empty asks for the host. */
  readonly sni: string;
}

/** What of a question is otherwise than it was put in: this a link carries. */
export type Asking = Partial<Question>;

/** A connection is all that is decided about: there is no request in it that the mesh can read. */
export function isConnection({ protocol }: Pick<Question, 'protocol'>): boolean {
  return protocol === 'tcp' || protocol === 'tls';
}

export type Subject =
  | {
      readonly kind: 'edge';
      readonly source: string;
      readonly target: string;
      /** `GET /reviews/{id}`; undefined where none has been seen. */
      readonly route: string | undefined;
    }
  | { readonly kind: 'span'; readonly node: SpanNode };

/** What the mesh has, as far as questions need it. */
export interface Known {
  readonly workloads: readonly WorkloadSummary[];
  readonly services: readonly ServiceSummary[];
}

export interface Asked {
  readonly question: Question;
  /** What the question rests on, and what is not known of the request. */
  readonly notes: readonly string[];
  /** The workload that was called, `namespace/workload`; null asks for every workload that may be. */
  readonly called: string | null;
  /** The cluster that the proxy noted when the request was made. */
  readonly recordedCluster: string | null;
}

export function askedOf(subject: Subject, known: Known): Asked {
  return subject.kind === 'edge' ? askedOfEdge(subject, known) : askedOfSpan(subject.node, known);
}

function askedOfEdge({ source, target, route }: Extract<Subject, { kind: 'edge' }>, known: Known): Asked {
  const { method, path, note } = sampleOf(route);
  const caller = workloadOf(source === outsideId ? target : source, known);
  const called = parseNodeId(target);
  const service = known.services.find(
    ({ name, namespace }) =>
      name === (workloadOf(target, known)?.service ?? called.service) && namespace === called.namespace,
  );
  const namespace = caller?.namespace ?? parseNodeId(source).namespace;
  const name = service?.name ?? called.service;
  const isSeen = route !== undefined && route !== '*';
  // Where a route was seen, it is requests that go there.
  const port =
    service?.ports.find((one) => isSeen && !isConnection({ protocol: protocolOf(one) })) ?? service?.ports[0];
  return {
    question: {
      protocol: port === undefined ? 'http' : protocolOf(port),
      from: caller === undefined ? '' : `${caller.namespace}/${caller.name}`,
      method,
      host: namespace === called.namespace ? name : `${name}.${called.namespace}`,
      port: String(port?.number ?? 80),
      path,
      headers: '',
      sni: '',
    },
    notes: [
      ...note,
      ...(source === outsideId
        ? ['The host that callers from outside ask for is not recorded: set it.']
        : []),
      ...(port === undefined || !isConnection({ protocol: protocolOf(port) })
        ? ['No header is sent beside the host; add those that a rule matches.']
        : []),
    ],
    called: null,
    recordedCluster: null,
  };
}

/** By the application protocol of a port of a service. */
function protocolOf({ protocol }: ServiceSummary['ports'][number]): Protocol {
  const said = protocol.toLowerCase();
  if (said === 'grpc' || said === 'grpc-web') return 'grpc';
  if (said === 'tls' || said === 'https') return 'tls';
  return said.startsWith('http') ? 'http' : 'tcp';
}

/** The question about another protocol: at a port of the called service that speaks it, where there is one. */
export function withProtocol(question: Question, protocol: Protocol, { services }: Known): Question {
  const [namespace = ''] = question.from.split('/');
  const host = question.host.trim().replace(/:\d+$/, '');
  const called = services.find(
    (one) =>
      one.hostname === host ||
      `${one.name}.${one.namespace}` === host ||
      (one.name === host && one.namespace === namespace),
  );
  const ports = called?.ports ?? [];
  const isFit = (one: (typeof ports)[number]) => protocolOf(one) === protocol;
  const stays = ports.some((one) => isFit(one) && String(one.number) === question.port);
  const port = stays ? undefined : ports.find(isFit);
  return { ...question, protocol, ...(port === undefined ? {} : { port: String(port.number) }) };
}

/** What differs from the question as it was put in; undefined when nothing does. */
export function askingOf(question: Question, given: Question): Asking | undefined {
  const differing = questionKeys.filter((key) => question[key] !== given[key]);
  return differing.length === 0
    ? undefined
    : Object.fromEntries(differing.map((key) => [key, question[key]]));
}

const questionKeys = ['protocol', 'from', 'method', 'host', 'port', 'path', 'headers', 'sni'] as const;

/** A path is recorded on routes as a template: every part in braces stands for many values. */
function sampleOf(route: string | undefined): { method: string; path: string; note: string[] } {
  const [, method = 'GET', path = '/'] = /^(\S+) (\/.*)$/.exec(route ?? '') ?? [];
  const sample = path.replaceAll(/\{[^}]*\}/g, '1');
  return {
    method,
    path: sample,
    note: sample === path ? [] : [`${path} is how the route is recorded; 1 stands for what varies.`],
  };
}

/** The first workload behind a node of the map, on whichever level it is. */
function workloadOf(id: string, { workloads }: Known): WorkloadSummary | undefined {
  const { service, namespace, version } = parseNodeId(id);
  const here = workloads.filter((one) => one.namespace === namespace);
  return (
    here.find((one) => one.services.includes(service) && (version === null || one.version === version)) ??
    here.find((one) => one.name === service)
  );
}

function askedOfSpan(node: SpanNode, known: Known): Asked {
  // A server span says who was called; who called, and under which rule, stands on the client span above it.
  const above = node.parent?.span;
  const span = node.span.kind === 'server' && above?.kind === 'client' ? above : node.span;
  const text = (key: string, of = span) => {
    const value = of.attributes[key];
    return value === undefined ? '' : String(value);
  };
  const workload = workloadOf(
    `${span.service}.${span.namespace}${span.version === null ? '' : `:${span.version}`}`,
    known,
  );
  const from =
    text('heddle.source.workload') === ''
      ? workload === undefined
        ? ''
        : `${workload.namespace}/${workload.name}`
      : `${text('heddle.source.namespace')}/${text('heddle.source.workload')}`;
  const authority = text('server.address');
  const [, host = authority, written = ''] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  const port = portOf(written === '' ? text('server.port') : written, from, known);
  const called = text('heddle.destination.workload', node.span);
  const query = text('url.query');
  return {
    question: {
      protocol: text('rpc.system') === 'grpc' ? 'grpc' : 'http',
      from,
      method: text('http.request.method') || 'GET',
      host,
      port,
      path: `${text('url.path') || '/'}${query === '' ? '' : `?${query}`}`,
      headers: '',
      sni: '',
    },
    notes: [
      'Method, host, path and caller are as the proxy recorded them.',
      'Headers are not recorded on spans: rules that match headers are tried as if none was sent.',
    ],
    called: called === '' ? null : `${text('heddle.destination.namespace', node.span)}/${called}`,
    recordedCluster: span.kind === 'client' && text('heddle.cluster') !== '' ? text('heddle.cluster') : null,
  };
}

/** A gateway may listen elsewhere than its service says; the configuration speaks of the service's port. */
function portOf(recorded: string, from: string, { workloads, services }: Known): string {
  const gateway = workloads.find((one) => `${one.namespace}/${one.name}` === from && one.kind === 'gateway');
  const ports = services.find(
    ({ name, namespace }) => name === gateway?.service && namespace === gateway.namespace,
  )?.ports;
  if (ports === undefined || ports.some(({ number }) => String(number) === recorded)) return recorded || '80';
  return String(ports[0]?.number ?? recorded);
}

/** Why the form cannot be asked as it stands; null when it can. */
export function flawOf({ protocol, from, host, port, path, headers }: Question): string | null {
  if (!/^[^/\s]+\/[^/\s]+$/.test(from)) return 'The caller is namespace/workload.';
  if (host.trim() === '') return 'A host is needed.';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return 'The port is 1 to 65535.';
  if (isConnection({ protocol })) return null;
  if (protocol === 'grpc' && !/^\/[^/]+\/[^/]+$/.test(path)) return 'The call is /package.Service/Method.';
  if (!path.startsWith('/')) return 'The path begins with /.';
  const wrong = headers.split('\n').find((line) => line.trim() !== '' && !/^\s*[^\s:]+\s*:/.test(line));
  return wrong === undefined ? null : `Headers are written name: value, not "${wrong.trim()}".`;
}

export function headersOf(lines: string): Record<string, string> {
  return Object.fromEntries(
    lines
      .split('\n')
      .map((line) => /^\s*([^\s:]+)\s*:(.*)$/.exec(line))
      .flatMap((found) =>
        found === null ? [] : [[(found[1] ?? '').toLowerCase(), (found[2] ?? '').trim()]],
      ),
  );
}

export function callerOf(from: string, { workloads }: Known): WorkloadSummary | undefined {
  return workloads.find((one) => `${one.namespace}/${one.name}` === from);
}

const kubernetesGatewayLabel = 'gateway.networking.k8s.io/gateway-name';

/** The proxy that is asked; a workload that is not known is asked as a sidecar of that name. */
export function requestFrom(from: string, known: Known): RouteRequestFrom {
  const caller = callerOf(from, known);
  const [namespace = '', name = ''] = from.split('/');
  if (caller?.kind !== 'gateway')
    return {
      sidecar: { namespace, workload: name, ...(caller === undefined ? {} : { labels: caller.labels }) },
    };
  const gateway = caller.labels[kubernetesGatewayLabel];
  return gateway === undefined ? { gatewaySelector: caller.labels } : { gateway: `${namespace}/${gateway}` };
}
