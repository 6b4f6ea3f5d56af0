/** A few users outside the mesh who read the product page again and again; one of them is signed in as jason. */
import { Agent, request } from 'node:http';

const target = new URL(process.env['TARGET'] ?? 'http://127.0.0.1:8080');
const usersCount = Number(process.env['USERS'] ?? 6);
/** Between two pages of one user, on average: six users make 30 pages a second. */
const pauseMs = Number(process.env['PAUSE_MS'] ?? 200);
const timeoutMs = 5000;
const agent = new Agent({ keepAlive: true, maxSockets: usersCount * 4 });

interface Answer {
  readonly status: number;
  readonly cookie: string | undefined;
}

function send(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, target),
      { agent, method, headers, timeout: timeoutMs },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
          });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function signIn(name: string): Promise<string | undefined> {
  const form = `username=${encodeURIComponent(name)}`;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(form.length),
  };
  const { cookie } = await send('POST', '/login', headers, form);
  return cookie;
}

/** One user: a page, a pause, the next page, until the process ends. A page that fails is part of life. */
async function browse(name: string | undefined): Promise<void> {
  let cookie: string | undefined;
  for (;;) {
    const startedAt = performance.now();
    try {
      if (name !== undefined) cookie ??= await signIn(name);
      await send('GET', '/productpage', cookie === undefined ? {} : { cookie });
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
    }
    const jittered = pauseMs * (0.75 + Math.random() * 0.5);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(10, jittered - (performance.now() - startedAt))),
    );
  }
}

process.once('SIGTERM', () => process.exit(0));
const users = Array.from({ length: usersCount }, (_, i) => (i === 0 ? 'jason' : undefined));
await Promise.all(users.map(browse));
