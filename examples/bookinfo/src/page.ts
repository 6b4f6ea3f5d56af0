/** The HTML of the product page. Everything that comes from data is escaped. */
export interface Review {
  readonly reviewer: string;
  readonly text: string;
  readonly rating?: { readonly stars?: number; readonly color?: string; readonly error?: string };
}

export interface PageData {
  readonly user: string | undefined;
  readonly details: Readonly<Record<string, string | number>> | undefined;
  readonly reviews: { readonly servedBy: string; readonly items: readonly Review[] } | undefined;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export function renderPage({ user, details, reviews }: PageData): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Simple Bookstore App</title>
<link rel="stylesheet" href="/static/page.css"></head>
<body>
<header><strong>BookInfo Sample</strong> ${signIn(user)}</header>
<main>
<h1>The Comedy of Errors</h1>
<p>Summary: The Comedy of Errors is one of William Shakespeare's early plays. It is his shortest and one of his most farcical
comedies, with a major part of the humour coming from slapstick and mistaken identity, in addition to puns and word play.</p>
<section><h2>Book Details</h2>${details === undefined ? unavailable('product details') : detailsList(details)}</section>
<section><h2>Book Reviews</h2>${reviews === undefined ? unavailable('product reviews') : reviewList(reviews)}</section>
</main>
</body>
</html>
`;
}

function signIn(user: string | undefined): string {
  return user === undefined
    ? '<form method="post" action="/login"><input name="username" aria-label="User name" required> <button>Sign in</button></form>'
    : `<span>${escapeHtml(user)}</span> <a href="/logout">sign out</a>`;
}

function unavailable(what: string): string {
  return `<p class="error">Error fetching ${what}. Sorry, ${what} are currently unavailable for this book.</p>`;
}

function detailsList(details: Readonly<Record<string, string | number>>): string {
  const rows = Object.entries(details).filter(([name]) => name !== 'id');
  return `<dl>${rows.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(String(value))}</dd>`).join('')}</dl>`;
}

function reviewList({ servedBy, items }: NonNullable<PageData['reviews']>): string {
  const quotes = items.map(
    ({ reviewer, text, rating }) =>
      `<blockquote><p>${escapeHtml(text)}</p><footer>${escapeHtml(reviewer)} ${ratingOf(rating)}</footer></blockquote>`,
  );
  return `${quotes.join('')}<p>Reviews served by: ${escapeHtml(servedBy)}</p>`;
}

function ratingOf(rating: Review['rating']): string {
  if (rating === undefined) return '';
  if (rating.error !== undefined) return `<em>${escapeHtml(rating.error)}</em>`;
  const stars = Math.max(0, Math.min(5, rating.stars ?? 0));
  const color = rating.color === 'red' ? 'red' : 'black';
  return `<span class="stars ${color}" aria-label="${stars} of 5 stars">${'★'.repeat(stars)}${'☆'.repeat(5 - stars)}</span>`;
}

export const pageCss = `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b2430}
header{display:flex;gap:1rem;align-items:center;padding:.75rem 1.5rem;background:#eef1f5}
main{max-width:60rem;margin:0 auto;padding:1rem 1.5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}
.stars.red{color:#c22}.error{color:#a33}
`;
