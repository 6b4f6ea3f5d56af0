import { describe, expect, it } from 'vitest';
import { PathTemplates } from './path-template.ts';

describe('a path template', () => {
  it.each([
    ['/reviews/7', '/reviews/{id}'],
    ['/reviews/7/stars?x=1', '/reviews/{id}/stars'],
    ['/o/3f2504e0-4f89-41d3-9a0c-0305e82c3301', '/o/{id}'],
    ['/blob/0af7651916cd43dd8448eb211c80319c', '/blob/{id}'],
    ['/u/jason@example.com/cart', '/u/{id}/cart'],
    ['/u/jason%40example.com', '/u/{id}'],
    ['/api/v1/products', '/api/v1/products'],
    ['/static/app-3f2a.css', '/static/app-3f2a.css'],
    ['/', '/'],
    [`/${'x'.repeat(300)}`, '/other'],
  ])('of %s is %s', (path, template) => {
    expect(new PathTemplates().templateOf(path)).toBe(template);
  });

  it('is /other beyond 200 of them, and known ones stay', () => {
    const templates = new PathTemplates();
    for (let i = 0; i < 200; i++) expect(templates.templateOf(`/p${i}`)).toBe(`/p${i}`);
    expect(templates.templateOf('/p200')).toBe('/other');
    expect(templates.templateOf('/p199')).toBe('/p199');
  });
});
