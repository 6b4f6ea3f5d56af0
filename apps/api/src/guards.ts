/** What stands before every route: who may speak to the API from a browser, and what a browser may do with its answers. */
import type { FastifyInstance } from 'fastify';
import { ApiError } from './problem.ts';

const contentSecurityPolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Refuses what a foreign web page could make a browser send: a Host that is not ours (DNS rebinding) while we listen on loopback,
 * and writes from another origin.
 */
export function registerGuards(app: FastifyInstance, options: { readonly loopbackOnly: boolean }): void {
  app.addHook('onRequest', async (request) => {
    const host = request.headers.host ?? '';
    if (options.loopbackOnly && !isLoopback(host)) {
      throw new ApiError(
        403,
        'HDL_FOREIGN_HOST',
        `Host "${host}" is not a loopback name: this API listens on loopback only`,
      );
    }
    const { origin } = request.headers;
    const isWrite = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS';
    if (isWrite && origin !== undefined && hostOfOrigin(origin) !== host) {
      throw new ApiError(403, 'HDL_FOREIGN_ORIGIN', `a page of ${origin} may not write to this API`);
    }
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', contentSecurityPolicy);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('cross-origin-opener-policy', 'same-origin');
  });
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}

function hostOfOrigin(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
