import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { App } from './app.ts';
import { handleNotFound } from './problem.ts';

/** Where `npm run build` puts the console. */
export const consoleDir = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Serves the built console; every path that is not the API's is a page of it. */
export function registerConsole(app: App): void {
  if (!existsSync(join(consoleDir, 'index.html'))) {
    app.get('/', async (_request, reply) =>
      reply.code(503).type('text/plain').send('The console is not built. Run: npm run build\n'),
    );
    app.setNotFoundHandler(handleNotFound);
    return;
  }
  app.register(fastifyStatic, {
    root: consoleDir,
    setHeaders(response, path) {
      // File names under assets/ carry a hash of their content.
      const isHashed = path.includes('/assets/');
      response.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const isPage = request.method === 'GET' && !/^\/(api|v1|metrics|healthz|readyz|assets)(\/|$)/.test(path);
    if (!isPage) return handleNotFound(request, reply);
    return reply.header('cache-control', 'no-cache').sendFile('index.html');
  });
}
