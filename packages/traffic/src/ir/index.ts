/**
 * The typed intermediate representation: what one proxy is told, in Envoy's nouns.
 *
 * Plain readonly data, JSON-serialisable. No selectors, short names, unit strings or open defaults: durations are
 * milliseconds, shares are parts per million, a default is written out with an origin of kind `Default`.
 */
export * from './authorization.ts';
export * from './client.ts';
export * from './cluster.ts';
export * from './listener.ts';
export * from './rate-limit.ts';
export * from './route.ts';
export * from './snapshot.ts';
export * from './tls.ts';
export * from './values.ts';
