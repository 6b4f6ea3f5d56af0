import type { ServicePort } from '@heddle/schema';

/** What a port speaks; `auto` where nobody says and the first bytes have to tell. */
export type PortProtocol = 'http' | 'http2' | 'grpc' | 'https' | 'tls' | 'tcp' | 'udp' | 'auto';

const byName: Readonly<Record<string, PortProtocol>> = {
  http: 'http',
  http_proxy: 'http',
  http2: 'http2',
  grpc: 'grpc',
  'grpc-web': 'grpc',
  https: 'https',
  tls: 'tls',
  tcp: 'tcp',
  mongo: 'tcp',
  redis: 'tcp',
  mysql: 'tcp',
  udp: 'udp',
};

/** Kubernetes' own names for protocols. */
const ofKubernetes: Readonly<Record<string, PortProtocol>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

/** The server speaks first there (SMTP, MySQL) or it is known to be no HTTP (DNS, MongoDB): nothing may be waited for. */
const serverFirstPorts: ReadonlySet<number> = new Set([25, 53, 3306, 27_017]);

/**
 * The protocol of a port: its appProtocol, else the first word of its name.
 *
 * @see Istio, protocol selection
 */
export function portProtocol({ port, name, protocol, appProtocol }: ServicePort): PortProtocol {
  if (protocol === 'UDP') return 'udp';
  const word = (appProtocol ?? name ?? '').toLowerCase();
  const known =
    ofKubernetes[word] ?? (word.startsWith('grpc-web') ? 'grpc' : byName[word.split('-')[0] ?? '']);
  return known ?? (serverFirstPorts.has(port) ? 'tcp' : 'auto');
}

/** Whether requests to the port are routed one by one. */
export function speaksHttp(port: ServicePort): boolean {
  return ['http', 'http2', 'grpc', 'auto'].includes(portProtocol(port));
}
