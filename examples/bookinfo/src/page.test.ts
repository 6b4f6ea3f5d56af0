import { expect, it } from 'vitest';
import { renderPage } from './page.ts';

it('shows stars in the colour of the version', () => {
  const items = [{ reviewer: 'Reviewer1', text: 'Fun.', rating: { stars: 4, color: 'red' } }];
  const page = renderPage({
    user: undefined,
    details: { author: 'W' },
    reviews: { servedBy: 'reviews-v3', items },
  });
  expect(page).toContain('<span class="stars red" aria-label="4 of 5 stars">★★★★☆</span>');
  expect(page).toContain('Reviews served by: reviews-v3');
});

it('says what is missing when a service cannot be had', () => {
  const page = renderPage({ user: undefined, details: undefined, reviews: undefined });
  expect(page).toContain('product details are currently unavailable');
  expect(page).toContain('product reviews are currently unavailable');
});

it('makes no HTML from data', () => {
  const items = [{ reviewer: '<b>', text: '"><script>alert(1)</script>' }];
  const page = renderPage({ user: '<i>', details: { '<u>': '<s>' }, reviews: { servedBy: "'", items } });
  expect(page).not.toMatch(/<(b|i|u|s|script)>/);
});
