/** Parts that all tables share. */
import type { ReactNode } from 'react';

/** The head of a column of numbers. */
export function NumHead({ children }: { children: ReactNode }) {
  return (
    <th scope="col" className="num">
      {children}
    </th>
  );
}
