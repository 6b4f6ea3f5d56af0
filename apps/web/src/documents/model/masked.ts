/** A Secret is shown without what it keeps: its keys stay, so that a reader sees which there are. */
import { placeOf } from './place.ts';

const mask = '••••';

export function masked(yaml: string): string {
  const hidden = ['data', 'stringData'].flatMap((path) => {
    const place = placeOf(yaml, path);
    return place === null ? [] : [place];
  });
  // Where the text was last applied by kubectl, an annotation has all of it once more.
  const copies = placeOf(yaml, 'metadata.annotations');
  return yaml
    .split('\n')
    .map((line, index) => {
      const number = index + 1;
      const place = hidden.find(({ from, to }) => number >= from && number <= to);
      if (place !== undefined)
        return number === place.from ? line.replace(/(:\s*)\S.*$/, `$1${mask}`) : maskedValue(line);
      const isCopy = copies !== null && number >= copies.from && number <= copies.to;
      return isCopy && /\b(data|stringData)\b/.test(line) ? maskedValue(line) : line;
    })
    .join('\n');
}

function maskedValue(line: string): string {
  if (line.trim() === '' || line.trimStart().startsWith('#')) return line;
  const [key] = /^\s*["']?[\w./-]+["']?:(?=\s|$)/.exec(line) ?? [];
  return key === undefined
    ? `${line.slice(0, line.length - line.trimStart().length)}${mask}`
    : `${key} ${mask}`;
}
