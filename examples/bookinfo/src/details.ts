import { json, serve } from './service.ts';

await serve('details', ({ url }) => {
  const [, id] = /^\/details\/(\d+)$/.exec(url.pathname) ?? [];
  if (id === undefined) return json(404, { error: `there is no ${url.pathname}; try /details/0` });
  return json(200, {
    id: Number(id),
    author: 'William Shakespeare',
    year: 1595,
    type: 'paperback',
    pages: 200,
    publisher: 'PublisherA',
    language: 'English',
    'ISBN-10': '1234567890',
    'ISBN-13': '123-1234567890',
  });
});
