import { useEffect, useState } from 'react';

/** The time of day, taken anew every `everyMs`: for ages that are shown, not for measuring. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
