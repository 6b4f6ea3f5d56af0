import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { certificateToPem, createCsr, readCsr, signCertificate } from '@heddle/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMesh, type ClientEvent } from '../testing/mesh.ts';
import type { EventLog } from '../testing/event-log.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const issuer = { commonName: 'root', privateKey, publicKey };
const nowMs = Date.now();

function certify(subject: KeyObject, uri: string, use: 'peer' | 'server' = 'peer'): string {
  const altNames = [
    { kind: 'uri', value: uri },
    { kind: 'ip', value: '127.0.0.1' },
  ] as const;
  return certificateToPem(
    signCertificate(
      {
        commonName: use === 'server' ? 'root' : '',
        altNames,
        publicKey: subject,
        notBeforeMs: nowMs - 60_000,
        notAfterMs: nowMs + 3_600_000,
        serial: Buffer.from([1]),
        use: use === 'server' ? { kind: 'authority', pathLength: 0 } : { kind: use },
      },
      issuer,
    ),
  );
}

const rootPem = certify(publicKey, 'spiffe://cluster.local', 'server');

let mesh: TestMesh;
let keys: KeyObject[];
beforeEach(() => {
  mesh = new TestMesh();
  keys = [];
});
afterEach(() => mesh.stop());

const issueSvid = (node: { readonly workload: string }, csrPem: string) => ({
  chainPem: certify(readCsr(csrPem), `spiffe://cluster.local/ns/default/sa/${node.workload}`),
  bundlePem: rootPem,
  notAfterMs: nowMs + 3_600_000,
});

function freshCsr(): string {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  keys.push(pair.privateKey);
  return createCsr(pair.privateKey);
}

const identityOf = (events: EventLog<ClientEvent>, from = 0) =>
  events.waitFor((event) => event.kind === 'identity', from);

describe('an identity', () => {
  it('comes for the key that stayed with the proxy, with the roots, and its end is known to both', async () => {
    const server = await mesh.serve({ hooks: { issueSvid } });
    const { events, id } = mesh.connect('reviews', { createCsr: freshCsr });
    const event = await identityOf(events);
    if (event.kind !== 'identity') throw new Error('expected an identity');
    const leaf = new X509Certificate(event.identity.chainPem);
    expect(leaf.subjectAltName).toContain('URI:spiffe://cluster.local/ns/default/sa/reviews');
    expect(leaf.checkPrivateKey(keys[0] ?? createPrivateKey(''))).toBe(true);
    expect(event.identity).toMatchObject({
      bundlePem: rootPem,
      notAfterMs: Math.floor((nowMs + 3_600_000) / 1000) * 1000,
    });
    await mesh.syncWhere(id, (sync) =>
      sync.types.some(({ type, state }) => type === 'SDS' && state === 'acked'),
    );
    expect(server.proxyStatus(id)?.certificateNotAfterMs).toBe(nowMs + 3_600_000);
  });

  it('is replaced by one for a new key when it is renewed', async () => {
    await mesh.serve({ hooks: { issueSvid } });
    const { client, events } = mesh.connect('reviews', { createCsr: freshCsr });
    await identityOf(events);
    const from = events.events.length;
    client.renewIdentity();
    const renewed = await identityOf(events, from);
    if (renewed.kind !== 'identity') throw new Error('expected an identity');
    expect(keys).toHaveLength(2);
    expect(
      new X509Certificate(renewed.identity.chainPem).checkPrivateKey(keys[1] ?? createPrivateKey('')),
    ).toBe(true);
  });

  it('gets new roots beside the same certificate when the bundle changes', async () => {
    const server = await mesh.serve({ hooks: { issueSvid } });
    const { events } = mesh.connect('reviews', { createCsr: freshCsr });
    const first = await identityOf(events);
    const from = events.events.length;
    server.publishBundle(rootPem + rootPem);
    const second = await identityOf(events, from);
    if (first.kind !== 'identity' || second.kind !== 'identity') throw new Error('expected identities');
    expect(second.identity).toEqual({ ...first.identity, bundlePem: rootPem + rootPem });
  });

  it('comes anew for the same key when the authority signs for everybody again', async () => {
    const server = await mesh.serve({ hooks: { issueSvid } });
    const { events } = mesh.connect('reviews', { createCsr: freshCsr });
    const first = await identityOf(events);
    const from = events.events.length;
    server.reissue();
    const second = await identityOf(events, from);
    if (first.kind !== 'identity' || second.kind !== 'identity') throw new Error('expected identities');
    expect(second.identity.chainPem).not.toBe(first.identity.chainPem);
    const leaf = new X509Certificate(second.identity.chainPem);
    expect([keys.length, keys.every((key) => leaf.checkPrivateKey(key))]).toEqual([1, true]);
  });

  it('is kept over a reconnect while it is young', async () => {
    const server = await mesh.serve({ hooks: { issueSvid } });
    const { events, id } = mesh.connect('reviews', { createCsr: freshCsr });
    await identityOf(events);
    const { port } = server;
    await server.close();
    const from = mesh.events.events.length;
    await mesh.serve({ port, hooks: { issueSvid } });
    await mesh.connected(id, from);
    await mesh.syncWhere(id, (sync) => sync.types.some(({ type }) => type === 'SDS'), from);
    expect(keys).toHaveLength(1);
  });

  it('that is refused comes with the reason, is asked for again, and leaves the stream alone', async () => {
    let isRefusing = true;
    await mesh.serve({
      hooks: {
        issueSvid: (node, csrPem) => {
          if (isRefusing) throw new Error('the authority is closed on Sundays');
          return issueSvid(node, csrPem);
        },
      },
    });
    const { events, id } = mesh.connect('reviews', { createCsr: freshCsr });
    const refusal = await events.waitFor((event) => event.kind === 'identity-refused');
    expect(refusal).toEqual({ kind: 'identity-refused', reason: 'the authority is closed on Sundays' });
    isRefusing = false;
    await identityOf(events);
    expect(events.events.filter((event) => event.kind === 'state' && event.state === 'disconnected')).toEqual(
      [],
    );
    expect(mesh.server.proxyStatus(id)?.online).toBe(true);
  });
});

describe('a server over TLS', () => {
  const serverKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tls = () => ({
    keyPem: serverKey.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certPem: certify(serverKey.publicKey, 'spiffe://cluster.local/ns/heddle/sa/control-plane'),
  });

  it('is trusted by the CA that the proxy was given', async () => {
    const server = await mesh.serve({ tls: tls() });
    const { events } = mesh.connect('reviews', { url: `https://127.0.0.1:${server.port}`, caPem: rootPem });
    await events.waitFor((event) => event.kind === 'state' && event.state === 'connected');
    expect(mesh.events.events).toContainEqual(expect.objectContaining({ kind: 'connected' }));
  });

  it('is not given the token when another CA signed its certificate', async () => {
    const server = await mesh.serve({ tls: tls() });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const otherRoot = certificateToPem(
      signCertificate(
        {
          commonName: 'other',
          altNames: [],
          publicKey: stranger.publicKey,
          notBeforeMs: nowMs - 60_000,
          notAfterMs: nowMs + 60_000,
          serial: Buffer.from([1]),
          use: { kind: 'authority', pathLength: 0 },
        },
        { commonName: 'other', ...stranger },
      ),
    );
    const { events } = mesh.connect('reviews', { url: `https://127.0.0.1:${server.port}`, caPem: otherRoot });
    const cut = await events.waitFor((event) => event.kind === 'state' && event.state === 'disconnected');
    expect(cut).toMatchObject({ reason: expect.stringMatching(/^UNAVAILABLE: .*(certificate|issuer)/) });
    expect(mesh.events.events).toEqual([]);
  });
});
