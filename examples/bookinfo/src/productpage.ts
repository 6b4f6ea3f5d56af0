import { type Review, pageCss, renderPage } from './page.ts';
import { type Call, get, type Headers, json, type Reply, serve } from './service.ts';

const detailsTimeoutMs = 3000;
const reviewsTimeoutMs = 3000;
const products = [{ id: 0, title: 'The Comedy of Errors' }];

await serve('productpage', (call) => {
  const { request, url } = call;
  const { pathname } = url;
  if (pathname === '/productpage' && request.method === 'GET') return productPage(call);
  if (pathname === '/login' && request.method === 'POST') return login(call);
  if (pathname === '/logout') return redirect('session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax');
  if (pathname === '/static/page.css') return { status: 200, type: 'text/css', body: pageCss };
  if (pathname === '/api/v1/products') return json(200, products);
  const [, id, part] = /^\/api\/v1\/products\/(\d+)(?:\/(reviews|ratings))?$/.exec(pathname) ?? [];
  return id === undefined
    ? json(404, { error: `there is no ${pathname}` })
    : product(id, part, callHeaders(call));
});

/** Who is signed in: the services behind are told by the header `end-user`. */
function userOf({ request }: Call): string | undefined {
  const [, value] = /(?:^|;\s*)session=([^;]+)/.exec(request.headers.cookie ?? '') ?? [];
  return value === undefined ? undefined : decodeURIComponent(value);
}

function callHeaders(call: Call): Headers {
  const user = userOf(call);
  return user === undefined ? call.headers : { ...call.headers, 'end-user': user };
}

async function productPage(call: Call): Promise<Reply> {
  const headers = callHeaders(call);
  const [details, reviews] = await Promise.all([readDetails('0', headers), readReviews('0', headers)]);
  const body = renderPage({ user: userOf(call), details, reviews });
  return { status: 200, type: 'text/html; charset=utf-8', body };
}

async function readDetails(
  id: string,
  headers: Headers,
): Promise<Record<string, string | number> | undefined> {
  return readJson(`http://details:9080/details/${id}`, headers, detailsTimeoutMs);
}

async function readReviews(id: string, headers: Headers) {
  const answer: { podname: string; reviews: Review[] } | undefined = await readJson(
    `http://reviews:9080/reviews/${id}`,
    headers,
    reviewsTimeoutMs,
  );
  return answer === undefined ? undefined : { servedBy: answer.podname, items: answer.reviews };
}

/** @returns undefined when the service cannot be had: the page says so in its place */
async function readJson<T>(url: string, headers: Headers, timeoutMs: number): Promise<T | undefined> {
  try {
    const { status, body } = await get(url, headers, timeoutMs);
    return status === 200 ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

async function product(id: string, part: string | undefined, headers: Headers): Promise<Reply> {
  const url = part === undefined ? `http://details:9080/details/${id}` : `http://${part}:9080/${part}/${id}`;
  const { status, body } = await get(url, headers, detailsTimeoutMs);
  return { status, type: 'application/json', body };
}

async function login({ request }: Call): Promise<Reply> {
  let form = '';
  for await (const chunk of request) {
    form += String(chunk);
    if (form.length > 4096) return json(413, { error: 'the form is too large' });
  }
  const user = new URLSearchParams(form).get('username') ?? '';
  if (!/^[\w.-]{1,64}$/.test(user))
    return json(400, { error: 'username: expected 1 to 64 letters, digits, dots or dashes' });
  return redirect(`session=${encodeURIComponent(user)}; Path=/; HttpOnly; SameSite=Lax`);
}

function redirect(cookie: string): Reply {
  return {
    status: 302,
    type: 'text/plain',
    body: '',
    headers: { location: '/productpage', 'set-cookie': cookie },
  };
}
