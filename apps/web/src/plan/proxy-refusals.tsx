/** Which proxies refuse a revision, each with what it says: the way to the fix of a change that was taken and does not act. */
import type { PushStatus } from '@heddle/schema';
import { proxyName } from '../format/name.ts';
import { Icon } from '../ui/icon.tsx';

export function ProxyRefusals({ refusals, nacked }: Pick<PushStatus, 'refusals' | 'nacked'>) {
  const untold = nacked - refusals.length;
  return (
    <ul className="proxy-refusals">
      {refusals.map(({ proxyId, reason }) => (
        <li key={proxyId}>
          <span className="state-failing">
            <Icon name="failing" size={13} />
          </span>
          <b>{proxyName(proxyId)}</b>
          <span className="soft">{reason}</span>
        </li>
      ))}
      {untold > 0 && <li className="faint">and {untold} more</li>}
    </ul>
  );
}
