/** v1 shows no stars, v2 black ones, v3 red ones: v2 and v3 ask ratings. */
import { get, type Headers, json, readEnvironment, serve } from './service.ts';

const { version } = readEnvironment();
const color = version === 'v3' ? 'red' : 'black';
const ratingsTimeoutMs = 2500;

interface Rating {
  readonly stars?: number;
  readonly color?: string;
  readonly error?: string;
}

await serve('reviews', async ({ url, headers }) => {
  const [, id] = /^\/reviews\/(\d+)$/.exec(url.pathname) ?? [];
  if (id === undefined) return json(404, { error: `there is no ${url.pathname}; try /reviews/0` });
  const ratings = version === 'v1' ? undefined : await readRatings(id, headers);
  const rating = (reviewer: string) => (ratings === undefined ? {} : { rating: ratings(reviewer) });
  return json(200, {
    id,
    podname: `reviews-${version}`,
    reviews: [
      {
        reviewer: 'Reviewer1',
        text: 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!',
        ...rating('Reviewer1'),
      },
      {
        reviewer: 'Reviewer2',
        text: 'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.',
        ...rating('Reviewer2'),
      },
    ],
  });
});

async function readRatings(id: string, headers: Headers): Promise<(reviewer: string) => Rating> {
  const unavailable = () => ({ error: 'Ratings service is currently unavailable' });
  try {
    const { status, body } = await get(`http://ratings:9080/ratings/${id}`, headers, ratingsTimeoutMs);
    if (status !== 200) return unavailable;
    const { ratings }: { ratings: Record<string, number> } = JSON.parse(body);
    return (reviewer) => ({ stars: ratings[reviewer] ?? 0, color });
  } catch {
    return unavailable;
  }
}
