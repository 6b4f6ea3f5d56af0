/** Where in a text a path stands. A long text is read in a worker: to parse a megabyte takes longer than a frame. */
import { useEffect, useMemo, useState } from 'react';
import { type Place, placeOf } from './model/place.ts';
import type { PlaceQuestion } from './place.worker.ts';

/** Parsed in a few milliseconds. */
const shortText = 20_000;

/** @returns undefined while it is looked for, null for a path that is not there at all */
export function usePlace(text: string, path: string | undefined): Place | null | undefined {
  const isShort = text.length <= shortText;
  const here = useMemo(
    () => (path === undefined ? null : isShort ? placeOf(text, path) : undefined),
    [text, path, isShort],
  );
  const [found, setFound] = useState<{ readonly question: string; readonly place: Place | null } | null>(
    null,
  );
  useEffect(() => {
    if (isShort || path === undefined) return;
    const worker = new Worker(new URL('./place.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Place | null>) =>
      setFound({ question: path, place: data }),
    );
    const question: PlaceQuestion = { text, path };
    worker.postMessage(question);
    return () => worker.terminate();
  }, [text, path, isShort]);
  if (here !== undefined) return here;
  return found !== null && found.question === path ? found.place : undefined;
}
