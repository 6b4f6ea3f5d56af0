import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portOf } from './bound-listener.ts';
import { maxHelloBytes, readClientHello } from './client-hello.ts';

/** What Node's client says first. */
async function greeting(options: { readonly servername?: string }): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ host: '127.0.0.1', port: portOf(server.address()), ...options });
  client.on('error', () => {});
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  return bytes;
}

describe('the first message of a TLS client', () => {
  it('tells the name that is asked for, in lower case', async () => {
    const bytes = await greeting({ servername: 'Shop.Example' });
    expect(readClientHello(bytes)).toEqual({ kind: 'hello', serverName: 'shop.example' });
  });

  it('may ask for none', async () => {
    expect(readClientHello(await greeting({}))).toEqual({ kind: 'hello', serverName: undefined });
  });

  it('is not complete before its last byte', async () => {
    const bytes = await greeting({ servername: 'shop.example' });
    for (let length = 0; length < bytes.length; length++) {
      expect(readClientHello(bytes.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
  });

  it('may come in several records', async () => {
    const bytes = await greeting({ servername: 'shop.example' });
    const [head, body] = [bytes.subarray(0, 3), bytes.subarray(5)];
    const record = (part: Buffer) =>
      Buffer.concat([head, Buffer.from([part.length >> 8, part.length & 255]), part]);
    const cut = Buffer.concat([record(body.subarray(0, 20)), record(body.subarray(20))]);
    expect(readClientHello(cut)).toEqual({ kind: 'hello', serverName: 'shop.example' });
  });

  it('is told from other protocols by its first byte', () => {
    expect(readClientHello(Buffer.from('GET / HTTP/1.1'))).toEqual({ kind: 'not-tls' });
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]))).toEqual({ kind: 'not-tls' });
  });

  it('never reads beyond what is there, whatever its lengths say', async () => {
    const bytes = await greeting({ servername: 'shop.example' });
    for (let at = 5; at < bytes.length; at++) {
      const broken = Buffer.from(bytes);
      broken[at] = 255;
      expect(['hello', 'incomplete', 'not-tls']).toContain(readClientHello(broken).kind);
    }
    expect(bytes.length).toBeLessThan(maxHelloBytes);
  });
});
