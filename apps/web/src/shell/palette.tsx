/** The palette: one list to go, do and search, by keyboard alone if one likes. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState } from 'react';
import { useGraph } from '../api/live-context.tsx';
import { Icon } from '../ui/icon.tsx';
import { paletteItems, type Destination } from './palette-items.ts';

export function Palette({ onClose }: { onClose: () => void }) {
  const graph = useGraph();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const go = useGo();
  const items = paletteItems(typed, graph);
  const chosen = Math.min(active, items.length - 1);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.getElementById(`${listId}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, listId]);
  const open = (destination: Destination) => {
    onClose();
    go(destination);
  };
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Search"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="palette-input">
        <Icon name="search" size={16} />
        <input
          role="combobox"
          aria-label="Search services, edges, pages or a trace id"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={items.length === 0 ? undefined : `${listId}-${chosen}`}
          placeholder="Services, edges, pages or a trace id"
          value={typed}
          spellCheck={false}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
            if (step !== 0) {
              event.preventDefault();
              setActive((chosen + step + items.length) % Math.max(1, items.length));
            }
            const item = items[chosen];
            if (event.key === 'Enter' && item !== undefined) open(item.destination);
          }}
        />
      </div>
      <ul id={listId} role="listbox" aria-label="Results" className="palette-list">
        {items.map((item, index) => (
          <li key={item.id} role="presentation">
            {items[index - 1]?.group !== item.group && <p className="palette-group">{item.group}</p>}
            <div
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === chosen}
              className="palette-item"
              onPointerMove={() => setActive(index)}
              onClick={() => open(item.destination)}
            >
              <Icon name={item.icon} size={15} />
              <span>{item.text}</span>
              <span className="faint">{item.note}</span>
              <span className={`num ${item.state === 'ok' ? 'faint' : `state-${item.state}`}`}>
                {item.value}
              </span>
            </div>
          </li>
        ))}
        {items.length === 0 && <li className="palette-none faint">Nothing has that name.</li>}
      </ul>
      <p className="palette-foot faint">
        <kbd>↑</kbd> <kbd>↓</kbd> choose <kbd>↵</kbd> open <kbd>Esc</kbd> close
      </p>
    </dialog>
  );
}

function useGo(): (destination: Destination) => void {
  const navigate = useNavigate();
  return (destination) => {
    switch (destination.kind) {
      case 'page':
        return void navigate({ to: destination.to, search: {} });
      case 'service':
        return void navigate({
          to: '/services/$ns/$name',
          params: { ns: destination.namespace, name: destination.name },
          search: destination.shift ? { shift: 0 } : {},
        });
      case 'edge':
        return void navigate({ to: '/map', search: { edge: destination.id } });
      case 'traces':
        return void navigate({ to: '/traces', search: { service: destination.service } });
      case 'trace':
        return void navigate({ to: '/traces/$id', params: { id: destination.id }, search: {} });
    }
  };
}
