/** Find, lens and level over the map. The text is typed freely and put into the URL once it is a query. */
import type { GraphLevel } from '@heddle/schema';
import { useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { Segmented } from '../ui/segmented.tsx';
import type { Lens } from './model/encode.ts';
import { parseFind } from './model/find.ts';

export interface ToolbarProps {
  readonly find: string;
  readonly counted: { readonly found: number; readonly all: number } | null;
  readonly lens: Lens;
  readonly level: GraphLevel;
  readonly onFind: (find: string) => void;
  readonly onLens: (lens: Lens) => void;
  readonly onLevel: (level: GraphLevel) => void;
}

const lensOptions = [
  { value: 'health', label: 'Health' },
  { value: 'latency', label: 'Latency' },
  { value: 'traffic', label: 'Traffic' },
  { value: 'security', label: 'Security' },
] as const;

const levelOptions = [
  { value: 'service', label: 'Service' },
  { value: 'version', label: 'Version' },
  { value: 'workload', label: 'Workload' },
] as const;

export function Toolbar({ find, counted, lens, level, onFind, onLens, onLevel }: ToolbarProps) {
  return (
    <div className="toolbar">
      <FindBox find={find} counted={counted} onFind={onFind} />
      <Segmented label="Lens" options={lensOptions} value={lens} onChange={onLens} />
      <Segmented label="Level" options={levelOptions} value={level} onChange={onLevel} />
    </div>
  );
}

function FindBox({ find, counted, onFind }: Pick<ToolbarProps, 'find' | 'counted' | 'onFind'>) {
  const [{ text, inUrl }, setTyped] = useState({ text: find, inUrl: find });
  // The URL changed by other means than typing here: back, forward, a link.
  if (inUrl !== find) setTyped({ text: find, inUrl: find });
  const query = parseFind(text);
  const change = (next: string) => {
    // The last valid query stays in force while a term is being typed.
    const valid = parseFind(next).kind !== 'invalid';
    setTyped({ text: next, inUrl: valid ? next : find });
    if (valid) onFind(next);
  };
  return (
    <div className={`find ${query.kind === 'invalid' ? 'is-invalid' : ''}`}>
      <Icon name="search" size={14} />
      <input
        type="search"
        aria-label="Find edges on the map"
        aria-describedby="find-note"
        placeholder="Find: reviews, p99 > 300ms or mtls < 100"
        value={text}
        spellCheck={false}
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') change('');
        }}
      />
      <span id="find-note" className={query.kind === 'invalid' ? 'state-degraded' : 'faint'}>
        {query.kind === 'invalid'
          ? query.message
          : counted === null
            ? ''
            : `${counted.found} of ${counted.all}`}
      </span>
    </div>
  );
}
