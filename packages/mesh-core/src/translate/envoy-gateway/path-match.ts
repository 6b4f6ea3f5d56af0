import type { StringMatch } from '@heddle/traffic';

/** `type` and `value` as the policies of Envoy Gateway write a path; a prefix is one by segment. */
export function pathMatchOf({
  type = 'PathPrefix',
  value = '/',
}: {
  readonly type?: 'Exact' | 'PathPrefix' | 'RegularExpression';
  readonly value?: string;
}): StringMatch {
  switch (type) {
    case 'Exact':
      return { kind: 'exact', value, ignoreCase: false };
    case 'RegularExpression':
      return { kind: 'regex', value };
    case 'PathPrefix': {
      const prefix = value.replace(/\/+$/, '');
      return prefix === ''
        ? { kind: 'prefix', value: '/', ignoreCase: false }
        : { kind: 'regex', value: `${quoteRegex(prefix)}(/.*)?` };
    }
  }
}

export function quoteRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
