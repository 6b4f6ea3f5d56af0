import { expect, it } from 'vitest';
import { formatHeader, requestCommand } from './header-format.ts';

const headers: Readonly<Record<string, string>> = { 'x-user': 'ada', ':path': '/a' };
const written = (format: string) =>
  formatHeader(format, (command, argument) => requestCommand(command, argument, (name) => headers[name]));

it('quotes headers of the request, the second where the first is not there', () => {
  expect(written('%REQ(x-user)%')).toBe('ada');
  expect(written('%REQ(X-Nobody?X-User)%')).toBe('ada');
  expect(written('%REQ(:path)% for %REQ(x-user)%')).toBe('/a for ada');
  expect(written('%REQ(x-nobody)%')).toBe('');
});

it('cuts a value to its length', () => {
  expect(written('%REQ(x-user):2%')).toBe('ad');
});

it('writes a percent sign for two, and leaves what nobody can say', () => {
  expect(written('100%% %REQ(x-user)%%%')).toBe('100% ada%');
  expect(written('%UPSTREAM_HOST% 50%')).toBe('%UPSTREAM_HOST% 50%');
});
