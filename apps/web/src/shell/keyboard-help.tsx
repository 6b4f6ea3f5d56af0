import { useEffect, useRef } from 'react';

const groups = [
  {
    title: 'Go to',
    keys: [
      ['Map', 'g m'],
      ['Services', 'g s'],
      ['Traces', 'g t'],
      ['Documents', 'g d'],
      ['Changes', 'g c'],
    ],
  },
  {
    title: 'Everywhere',
    keys: [
      ['Search and commands', '/'],
      ['The same while typing', '⌘ K'],
      ['Close the panel', 'Esc'],
      ['This list', '?'],
    ],
  },
  {
    title: 'Shift traffic',
    keys: [
      ['One percent less or more', '← →'],
      ['Ten percent', 'PgDn PgUp'],
      ['None or all', 'Home End'],
    ],
  },
  {
    title: 'Trace',
    keys: [
      ['Next, previous span', 'j k'],
      ['Fold, unfold', '← →'],
    ],
  },
] as const;

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="palette keys"
      aria-label="Keyboard"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <h2 className="keys-title">Keyboard</h2>
      <div className="keys-groups">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="faint">{group.title}</h3>
            <dl>
              {group.keys.map(([what, keys]) => (
                <div key={what}>
                  <dt>{what}</dt>
                  <dd>
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
