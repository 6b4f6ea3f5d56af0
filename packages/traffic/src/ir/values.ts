/** What all nodes are made of. */

/** Where a node came from: a document and the path in it. `kind: 'Default'` marks a default of the mesh. */
export interface Origin {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly path: string;
}

/** 1,000,000 = always. */
export type PerMillion = number;

export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'prefix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'suffix'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'contains'; readonly value: string; readonly ignoreCase: boolean }
  /** RE2 syntax, the whole value must match. */
  | { readonly kind: 'regex'; readonly value: string };
