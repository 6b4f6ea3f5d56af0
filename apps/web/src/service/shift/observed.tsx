/** What the requests really do. An acknowledgement is not an effect: this is counted since the revision took effect. */
import { useQuery } from '@tanstack/react-query';
import { splitQuery } from '../../api/queries.ts';
import { count } from '../../format/number.ts';

export interface ObservedProps {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly versions: readonly string[];
}

export function Observed({ namespace, name, revision, versions }: ObservedProps) {
  const { data: split } = useQuery(splitQuery(namespace, name, revision));
  if (split === undefined || split.n === 0)
    return <p className="soft">Waiting for the first request under it.</p>;
  const shares = versions.map((version) => split.parts.find((part) => part.version === version)?.share ?? 0);
  return (
    <p data-observed={shares.join(' ')} data-n={split.n}>
      In effect: observed <b>{shares.map((share) => (share * 100).toFixed(1)).join(' / ')}</b> over{' '}
      {count(split.n)} {split.n === 1 ? 'request' : 'requests'}.
    </p>
  );
}
