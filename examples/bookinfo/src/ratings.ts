import { json, serve } from './service.ts';

await serve('ratings', ({ url }) => {
  const [, id] = /^\/ratings\/(\d+)$/.exec(url.pathname) ?? [];
  if (id === undefined) return json(404, { error: `there is no ${url.pathname}; try /ratings/0` });
  return json(200, { id: Number(id), ratings: { Reviewer1: 5, Reviewer2: 4 } });
});
