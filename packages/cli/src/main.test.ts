import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory = '';
const running = new Set<ChildProcess>();
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heddle-cli-'));
});
afterEach(async () => {
  for (const child of running)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  running.clear();
  rmSync(directory, { recursive: true, force: true });
});

function heddle(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  return {
    child,
    output,
    ended: once(child, 'exit').then(([code]) => ({ code: Number(code), ...output })),
    async says(text: string): Promise<void> {
      while (!output.out.includes(text) && !output.err.includes(text)) {
        const race = await Promise.race([
          once(child.stdout, 'data'),
          once(child.stderr, 'data'),
          once(child, 'exit'),
        ]);
        if (typeof race[0] === 'number' && !output.err.includes(text))
          throw new Error(`ended: ${output.err}`);
      }
    },
  };
}

describe('heddle', () => {
  it('tells its commands', async () => {
    const { code, out } = await heddle('--help').ended;
    expect(code).toBe(0);
    expect(out).toContain('up        the whole mesh on this machine');
  });

  it.each([
    [['wombat'], 'there is no command "wombat"'],
    [[], 'Usage: heddle <command>'],
    [['up', '--wombat'], "Unknown option '--wombat'"],
    [['up', '--port', '70000'], '--port 70000: expected a port from 0'],
    [['up', '--example', '../..'], 'there is no such example'],
    [['proxy', '--service', 'a'], '--app is missing'],
    [['proxy', '--service', 'a', '--app', 'nowhere'], '--control-plane is missing'],
    [['token', 'create'], '--service-account is missing'],
  ])('%j is a wrong usage: exit code 2 and a word on what is wrong', async (args, words) => {
    const { code, err } = await heddle(...args, ...(args[0] === 'token' ? ['--data', directory] : [])).ended;
    expect(err).toContain(words);
    expect(code).toBe(2);
  });

  it('names the port that is taken, and the option that moves it', async () => {
    const taken: Server = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = address !== null && typeof address === 'object' ? String(address.port) : '';
    for (const option of ['port', 'ads-port', 'otlp-port']) {
      const free = ['port', 'ads-port', 'otlp-port']
        .filter((one) => one !== option)
        .flatMap((one) => [`--${one}`, '0']);
      const { code, err } = await heddle('server', '--data', directory, `--${option}`, port, ...free).ended;
      expect(err).toContain(`port ${port} is already taken`);
      expect(err).toContain(`--${option}`);
      expect(code).toBe(1);
    }
    taken.close();
  });
});

describe('heddle validate', () => {
  it('reads a directory and ends with 1 when a document is invalid', async () => {
    writeFileSync(join(directory, 'a.yaml'), 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a }\n');
    const fine = await heddle('validate', '-f', directory).ended;
    expect([fine.code, JSON.parse(fine.out).results[0].verdict]).toEqual([0, 'valid']);
    writeFileSync(join(directory, 'b.yml'), 'kind: Wombat\n');
    const bad = await heddle('validate', '-f', directory, '-o', 'table').ended;
    expect(bad.code).toBe(1);
    expect(bad.out).toContain('error HDL0011 apiVersion (line 1): apiVersion is missing');
  });

  it('names a file that is not there', async () => {
    const { code, err } = await heddle('validate', '-f', join(directory, 'none.yaml')).ended;
    expect([code, err.includes('none.yaml')]).toEqual([2, true]);
  });
});

describe('heddle explain', () => {
  it('answers each line in order, and leaves an invalid document out with a note', async () => {
    const policy = (name: string, spec: string) =>
      `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: ${name} }\nspec: ${spec}\n---\n`;
    const files = join(directory, 'policies.yaml');
    const requests = join(directory, 'requests.ndjson');
    writeFileSync(
      files,
      policy('no-delete', '{ action: DENY, rules: [{ to: [{ operation: { methods: [DELETE] } }] }] }') +
        policy('broken', '{ action: DENY }'),
    );
    const ask = (method: string) =>
      JSON.stringify({ authz: { workload: { labels: {} }, method, path: '/' } });
    writeFileSync(requests, `${ask('DELETE')}\nnot json\n\n${ask('GET')}`);
    const { code, out, err } = await heddle('explain', '-f', files, '--requests', requests).ended;
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(answers).toMatchObject([
      { decision: 'deny', status: 403, policy: { namespace: 'default', name: 'no-delete', rule: 0 } },
      { error: { code: 'HDL0030' } },
      { decision: 'allow', audited: false },
    ]);
    expect(err).toContain('AuthorizationPolicy default/broken is left out: IST0106 spec.rules');
    expect(err).toContain(`(${files}:9)`);
  });

  it('ends without a word when nobody reads on, as `heddle explain | head -1` has it', async () => {
    const requests = join(directory, 'many.ndjson');
    writeFileSync(requests, '{"host":"a"}\n'.repeat(50_000));
    const document = join(directory, 'a.yaml');
    writeFileSync(document, 'apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n');
    const { child, ended } = heddle('explain', '-f', document, '--requests', requests);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const { code, err } = await ended;
    expect([code, err]).toEqual([141, '']);
  });

  it.each([
    [['-f', '-', '--server', 'http://127.0.0.1:1', '--requests', '-'], 'either in files or stored'],
    [['-f', '-'], 'explain: --requests is missing'],
    [['-f', '-', '--requests', '-'], 'only one of them can be standard input'],
  ])('%j is a wrong usage', async (args, words) => {
    const { code, err } = await heddle('explain', ...args).ended;
    expect([code, err.includes(words)]).toEqual([2, true]);
  });

  it('names a file of requests that is not there', async () => {
    const { code, err } = await heddle('explain', '-f', directory, '--requests', join(directory, 'none'))
      .ended;
    expect([code, err.includes('none')]).toEqual([1, true]);
  });
});

it('what a running control plane has stored can be asked, too', async () => {
  const free = ['--port', '0', '--ads-port', '0', '--otlp-port', '0'];
  const server = heddle('server', '--data', directory, ...free);
  await server.says('console: ');
  const [, url = ''] = /console: (\S+)/.exec(server.output.out) ?? [];
  const file = join(directory, 'policy.yaml');
  const requests = join(directory, 'requests.ndjson');
  writeFileSync(
    file,
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: nothing }\nspec: {}\n',
  );
  writeFileSync(requests, '{"authz":{"workload":{"namespace":"default","labels":{}}}}\nnull\n{"from":1}\n');
  await heddle('apply', '-f', file, '--server', url).ended;
  const { code, out } = await heddle('explain', '--server', url, '--requests', requests).ended;
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(answers).toMatchObject([
    { decision: 'deny', status: 403 },
    { error: { code: 'HDL0031' } },
    { error: { code: 'HDL0031' } },
  ]);
});

it('a server, a token and a proxy make a mesh; the wrong token does not', async () => {
  const free = ['--port', '0', '--ads-port', '0', '--otlp-port', '0'];
  const server = heddle('server', '--data', directory, ...free);
  await server.says('control plane: ');
  const [, ads = ''] = /control plane: (\S+)/.exec(server.output.err) ?? [];
  const [, console = ''] = /console: (\S+)/.exec(server.output.out) ?? [];
  const token = await heddle(
    'token',
    'create',
    '--service-account',
    'echo',
    '--data',
    directory,
    '-o',
    'json',
  ).ended;
  const { token: secret, expiresAt }: { token: string; expiresAt: string } = JSON.parse(token.out);
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  expect(readFileSync(join(directory, 'config.db')).includes(secret)).toBe(false);
  const app = createServer((socket) => socket.end());
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const address = app.address();
  const appPort = address !== null && typeof address === 'object' ? address.port : 0;
  const proxyArgs = (account: string) => [
    ...['proxy', '--control-plane', ads, '--ca-file', join(directory, 'root.pem'), '--token', secret],
    ...['--service', 'echo-v1', '--service-account', account, '--app', `127.0.0.1:${appPort}`],
    ...['--inbound-port', '0', '--outbound-port', '0', '--admin-port', '0'],
  ];
  const impostor = heddle(...proxyArgs('somebody'));
  await impostor.says('token is bound to default/echo, the proxy says default/somebody');
  impostor.child.kill('SIGKILL');
  const proxy = heddle(...proxyArgs('echo'));
  await proxy.says('ready');
  const { items }: { items: { workload: string; online: boolean; spiffeId: string }[] } = JSON.parse(
    await (await fetch(`${console}/api/v1/proxies`)).text(),
  );
  expect(items).toMatchObject([
    { workload: 'echo-v1', online: true, spiffeId: 'spiffe://cluster.local/ns/default/sa/echo' },
  ]);
  await speakToTheServer(console);
  proxy.child.kill('SIGTERM');
  expect((await proxy.ended).code).toBe(0);
  server.child.kill('SIGINT');
  expect((await server.ended).code).toBe(0);
  app.close();
});

/** The commands that use the API, one after the other, as a person would. */
async function speakToTheServer(url: string): Promise<void> {
  const on = ['--server', url];
  const file = join(directory, 'echo.yaml');
  const service =
    'apiVersion: v1\nkind: Service\nmetadata: { name: echo }\nspec: { ports: [{ port: 80 }] } # as written\n';
  writeFileSync(file, service);
  const diff = await heddle('diff', '-f', file, '-o', 'table', ...on).ended;
  expect([diff.code, diff.out.split('\n')[0]]).toEqual([1, 'create Service default/echo']);
  const applied = await heddle('apply', '-f', file, '--reason', 'the first', ...on).ended;
  expect([applied.code, JSON.parse(applied.out).revision]).toEqual([0, 1]);
  expect((await heddle('diff', '-f', file, ...on).ended).code).toBe(0);
  expect((await heddle('get', 'Service', 'echo', '-o', 'yaml', ...on).ended).out).toBe(service);
  expect((await heddle('get', 'Service', 'none', ...on).ended).code).toBe(1);
  writeFileSync(file, service.replace('port: 80', 'port: 0'));
  const refused = await heddle('apply', '-f', file, ...on).ended;
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('error IST0106 Service default/echo spec.ports[0].port (line 4)');
  expect((await heddle('delete', 'Service', 'echo', ...on).ended).code).toBe(0);
  expect((await heddle('rollback', '2', ...on).ended).code).toBe(0);
  const history = await heddle('history', '-o', 'table', ...on).ended;
  const lines = history.out.split('\n').map((line) => line.replaceAll(/\s+/g, ' '));
  expect(lines[1]).toMatch(/^3 .* create Service default\/echo/);
  expect(lines[2]).toMatch(/^2 .* delete Service default\/echo \[rolled back by 3\]/);
  expect(lines[3]).toMatch(/^1 .* the first/);
  expect((await heddle('proxies', '-o', 'table', ...on).ended).out).toMatch(/echo-v1\.default\s+yes\s+yes/);
  writeFileSync(file, `${service}---\n${service.replace('name: echo', 'name: other')}`);
  const half = await heddle('delete', '-f', file, ...on).ended;
  expect([half.code, half.err]).toEqual([
    1,
    'heddle delete: not stored, so nothing is deleted: Service default/other\n',
  ]);
  writeFileSync(file, service);
  const gone = await heddle('delete', '-f', file, '--reason', 'over', '-o', 'table', ...on).ended;
  expect([gone.code, gone.out]).toEqual([0, 'Service default/echo deleted as revision 4\n']);
  await showATrace(url);
  const nobody = await heddle('get', '--server', 'http://127.0.0.1:1').ended;
  expect([nobody.code, nobody.err.includes('does not answer')]).toEqual([1, true]);
}

async function showATrace(url: string): Promise<void> {
  const traceId = 'ab'.repeat(16);
  const span = (
    spanId: string,
    parentSpanId: string,
    name: string,
    kind: number,
    from: number,
    to: number,
  ) => ({
    traceId,
    spanId: spanId.repeat(16),
    ...(parentSpanId === '' ? {} : { parentSpanId: parentSpanId.repeat(16) }),
    name,
    kind,
    startTimeUnixNano: String(1_700_000_000_000_000_000n + BigInt(from) * 1_000_000n),
    endTimeUnixNano: String(1_700_000_000_000_000_000n + BigInt(to) * 1_000_000n),
    status: {},
  });
  const attributes = [{ key: 'service.name', value: { stringValue: 'reviews' } }];
  const spans = [span('1', '', 'GET /reviews', 2, 0, 20), span('2', '1', 'GET /ratings', 3, 5, 15)];
  const sent = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] }),
  });
  expect(sent.status).toBe(200);
  const { code, out } = await heddle('trace', traceId.toUpperCase(), '-o', 'table', '--server', url).ended;
  const lines = out.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
  expect(code).toBe(0);
  expect(lines.slice(1, 3)).toEqual([
    '* GET /reviews (server) reviews unset 20.00 0.00',
    '* GET /ratings (client) reviews unset 10.00 5.00',
  ]);
  expect((await heddle('trace', 'ab', '--server', url).ended).code).toBe(2);
  expect((await heddle('trace', 'cd'.repeat(16), '--server', url).ended).code).toBe(1);
}
