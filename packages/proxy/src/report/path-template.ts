const maxTemplates = 200;
const overflow = '/other';
const maxLength = 200;

/**
 * Turns paths into templates, so that `/reviews/7` and `/reviews/8` are one row.
 *
 * The number of distinct templates is bounded: beyond 200, a new one is `/other`.
 */
export class PathTemplates {
  readonly #known = new Set<string>();

  templateOf(pathWithQuery: string): string {
    const template = normalise(pathWithQuery);
    if (this.#known.has(template)) return template;
    if (this.#known.size >= maxTemplates) return overflow;
    this.#known.add(template);
    return template;
  }
}

function normalise(pathWithQuery: string): string {
  const query = pathWithQuery.indexOf('?');
  const path = query === -1 ? pathWithQuery : pathWithQuery.slice(0, query);
  const template = path
    .split('/')
    .map((segment) => (isId(segment) ? '{id}' : segment))
    .join('/');
  return template.length > maxLength ? overflow : template;
}

/** Numbers, UUIDs, hex of 16 digits and more, e-mail addresses. */
function isId(segment: string): boolean {
  return (
    /^\d+$/.test(segment) ||
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(segment) ||
    /^[0-9a-f]{16,}$/i.test(segment) ||
    /^[^@]+(?:@|%40)[^@]+\.[^@]+$/i.test(segment)
  );
}
