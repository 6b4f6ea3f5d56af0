import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { ForwardAction, OriginatedTls, TlsSecret } from '@heddle/traffic';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portOf } from './listener/bound-listener.ts';
import { call, startApp, startTestProxy } from './testing/mesh.ts';
import {
  cluster,
  endpoint,
  forward,
  outboundSnapshot,
  route,
  virtualHost,
  weighted,
} from './testing/snapshots.ts';
import { createTestCa } from './testing/test-ca.ts';

const bankCa = createTestCa('bank root');
const clientCa = createTestCa('client root');
const bank = 'outbound|9080||bank.example';

const bankRoots: TlsSecret = {
  kind: 'authorities',
  name: 'kubernetes://bank-cacert',
  rootsPem: bankCa.rootPem,
};
const simple: OriginatedTls = {
  mode: 'SIMPLE',
  sni: '',
  subjectAltNames: [],
  authorities: { kind: 'secret', name: 'kubernetes://bank-cacert' },
  isInsecure: false,
};

/** Answers with the name that was asked for and who asked. */
async function startBank(names: readonly string[], more: ServerOptions = {}) {
  const { privateKeyPem, certificateChainPem } = bankCa.issue(names);
  const connections: TLSSocket[] = [];
  const server = createServer(
    { key: privateKeyPem, cert: certificateChainPem, ...more },
    (request, response) => {
      const { socket } = request;
      if (!(socket instanceof TLSSocket)) throw new Error('not TLS');
      response.end(
        JSON.stringify({
          sni: socket.servername,
          host: request.headers.host,
          client: socket.getPeerX509Certificate()?.subjectAltName ?? '',
        }),
      );
    },
  );
  server.on('secureConnection', (socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: portOf(server.address()), connections, certificateChainPem };
}

function clientOf(
  port: number,
  tls: OriginatedTls,
  secrets: readonly TlsSecret[],
  action: Partial<ForwardAction> = {},
) {
  return startTestProxy({
    workload: 'clerk-v1',
    snapshot: outboundSnapshot(
      [virtualHost('bank', ['bank.example'], [route(forward([weighted(bank)], action))])],
      [cluster(bank, { tls })],
      { [bank]: [endpoint(port)] },
    ),
    secrets,
  });
}

const ask = async (proxy: Awaited<ReturnType<typeof clientOf>>) => {
  const answer = await call(proxy.ports.outbound, 'http://bank.example:9080/');
  return { status: answer.status, text: answer.text };
};

describe('TLS to a server outside of the mesh', () => {
  it('asks for the host that was called and verifies it', async () => {
    const { port } = await startBank(['bank.example']);
    const answer = await ask(await clientOf(port, simple, [bankRoots]));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ sni: 'bank.example', host: 'bank.example:9080' });
  });

  it('asks for another name where the rule says one', async () => {
    const { port } = await startBank(['vault.example']);
    const answer = await ask(await clientOf(port, { ...simple, sni: 'vault.example' }, [bankRoots]));
    expect(JSON.parse(answer.text)).toMatchObject({ sni: 'vault.example', host: 'bank.example:9080' });
  });

  it('does not talk to who proves another name, or none that is known', async () => {
    const { port } = await startBank(['thief.example']);
    expect(await ask(await clientOf(port, simple, [bankRoots]))).toMatchObject({
      status: 503,
      text: expect.stringContaining('upstream proved thief.example, expected bank.example'),
    });
    const known = { ...simple, subjectAltNames: ['thief.example', 'x.example'] };
    expect((await ask(await clientOf(port, known, [bankRoots]))).status).toBe(200);
  });

  it('does not talk to who is vouched for by nobody that is known', async () => {
    const { port } = await startBank(['bank.example']);
    const others = { ...bankRoots, rootsPem: clientCa.rootPem };
    expect((await ask(await clientOf(port, simple, [others]))).status).toBe(503);
    expect((await ask(await clientOf(port, { ...simple, authorities: { kind: 'system' } }, []))).status).toBe(
      503,
    );
  });

  it('talks to whoever it is when it is told not to verify', async () => {
    const { port } = await startBank(['thief.example']);
    expect((await ask(await clientOf(port, { ...simple, isInsecure: true }, []))).status).toBe(200);
  });

  it('is never plaintext instead: without the authorities the request fails and says why', async () => {
    const app = await startApp((_request, response) => response.end('plain'));
    const answer = await ask(await clientOf(app.port, simple, []));
    expect(answer).toMatchObject({
      status: 503,
      text: expect.stringContaining('no authorities in secret "kubernetes://bank-cacert"'),
    });
    expect(app.hits).toBe(0);
  });

  it('shows the certificate of the client, from a secret or from files', async () => {
    const { port, certificateChainPem: bankPem } = await startBank(['bank.example'], {
      requestCert: true,
      rejectUnauthorized: true,
      ca: clientCa.rootPem,
    });
    const { certificateChainPem, privateKeyPem } = clientCa.issue(['clerk.example']);
    const own: TlsSecret = {
      kind: 'certificate',
      name: 'kubernetes://bank',
      chainPem: certificateChainPem,
      privateKeyPem,
    };
    const mutual: OriginatedTls = {
      ...simple,
      mode: 'MUTUAL',
      certificate: { kind: 'secret', name: 'kubernetes://bank' },
    };
    const answer = await ask(await clientOf(port, mutual, [bankRoots, own]));
    expect(JSON.parse(answer.text)).toMatchObject({ client: 'DNS:clerk.example' });
    expect((await ask(await clientOf(port, simple, [bankRoots]))).status).toBe(503);
    expect((await ask(await clientOf(port, mutual, [bankRoots]))).status).toBe(503);

    const directory = await mkdtemp(join(tmpdir(), 'heddle-tls-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const certificate = join(directory, 'cert.pem');
    const privateKey = join(directory, 'key.pem');
    const roots = join(directory, 'roots.pem');
    writeFileSync(certificate, certificateChainPem);
    writeFileSync(privateKey, privateKeyPem);
    writeFileSync(roots, bankCa.rootPem);
    const fromFiles: OriginatedTls = {
      ...mutual,
      certificate: { kind: 'files', certificate, privateKey },
      authorities: { kind: 'files', certificate: roots, privateKey: '' },
    };
    expect((await ask(await clientOf(port, fromFiles, []))).status).toBe(200);

    const revocationList = join(directory, 'revoked.pem');
    const listed = {
      ...fromFiles,
      authorities: { kind: 'files', certificate: roots, privateKey: '', revocationList },
    } as const;
    writeFileSync(revocationList, bankCa.revoke([]));
    expect((await ask(await clientOf(port, listed, []))).status).toBe(200);
    writeFileSync(revocationList, bankCa.revoke([bankPem]));
    expect((await ask(await clientOf(port, listed, []))).status).toBe(503);
  });

  it('keeps connections for the next request, and makes new ones after a secret was replaced', async () => {
    const { port, connections } = await startBank(['bank.example']);
    const proxy = await clientOf(port, simple, [bankRoots]);
    await ask(proxy);
    await ask(proxy);
    expect(connections).toHaveLength(1);
    proxy.applySecret({ ...bankRoots, rootsPem: clientCa.rootPem });
    expect((await ask(proxy)).status).toBe(503);
    proxy.applySecret(bankRoots);
    expect((await ask(proxy)).status).toBe(200);
  });
});
