/** The editor on one stored document, as it is now. */
import { useQuery } from '@tanstack/react-query';
import type { ResourceKey } from '@heddle/schema';
import { useState } from 'react';
import { configQuery } from '../api/queries.ts';
import { Failure, Loading } from '../ui/states.tsx';
import { Editor } from './editor.tsx';

export function EditDocument({ id, onDone }: { id: ResourceKey; onDone: () => void }) {
  const query = useQuery(configQuery(id));
  const [stored, setStored] = useState(query.data);
  // What is begun on stays: a write by somebody else is told when this one is applied.
  if (stored === undefined && query.data !== undefined && !query.isFetching) setStored(query.data);
  if (stored !== undefined) return <Editor stored={stored} onDone={onDone} />;
  return query.error === null ? (
    <Loading what="the document" />
  ) : (
    <Failure error={query.error} what="document" retry={() => void query.refetch()} />
  );
}
