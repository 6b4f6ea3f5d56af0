import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { ProxySnapshot } from '@heddle/traffic';
import type { Identity } from './identity/identity.ts';
import { portOf } from './listener/bound-listener.ts';

/** What the admin port tells. No secrets: keys stay where they are. */
export interface AdminView {
  /** Why it is not ready, undefined when it is. */
  notReady(): string | undefined;
  stats(): string;
  snapshot(): ProxySnapshot;
  identity(): Identity | undefined;
}

export interface Admin {
  readonly port: number;
  close(): Promise<void>;
}

/** The admin port, on the loopback only. */
export async function startAdmin(port: number, view: AdminView): Promise<Admin> {
  const server = createServer((request, response) => {
    answer(request, response, view);
  });
  server.listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`cannot open the admin port 127.0.0.1:${port}`, { cause });
  }
  return {
    port: portOf(server.address()),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, view: AdminView): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain', 'only GET\n');
    return;
  }
  switch ((request.url ?? '').split('?')[0]) {
    case '/healthz/ready': {
      const why = view.notReady();
      send(response, why === undefined ? 200 : 503, 'text/plain', `${why ?? 'ready'}\n`);
      return;
    }
    case '/stats':
    case '/stats/prometheus':
      send(response, 200, 'text/plain; version=0.0.4', view.stats());
      return;
    case '/config_dump':
      send(response, 200, 'application/json', JSON.stringify(view.snapshot(), undefined, 2));
      return;
    case '/certs':
      send(response, 200, 'application/json', JSON.stringify(certificate(view.identity())));
      return;
    default:
      send(response, 404, 'text/plain', 'try /healthz/ready, /stats, /config_dump or /certs\n');
  }
}

function certificate(identity: Identity | undefined): object {
  if (identity === undefined) return { certificates: [] };
  const { spiffeId, serialNumber, notBeforeMs, notAfterMs } = identity;
  return {
    certificates: [
      {
        spiffeId,
        serialNumber,
        notBefore: new Date(notBeforeMs).toISOString(),
        notAfter: new Date(notAfterMs).toISOString(),
      },
    ],
  };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
