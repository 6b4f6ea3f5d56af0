/** What the mesh decides, as data (the IR) and as pure functions over it. Browser-safe. */
export * from './ir.ts';
