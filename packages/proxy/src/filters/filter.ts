import type { Exchange } from '../exchange.ts';
import type { HeaderFields } from '../header-fields.ts';
import type { TlsSecrets } from '../identity/tls-secrets.ts';
import type { LocalReply } from '../local-reply.ts';
import type { Runtime } from '../runtime.ts';
import type { Authorizers } from '../upstream/authorizers.ts';

/** What filters may use of the proxy they run in. */
export interface FilterContext {
  readonly runtime: Runtime;
  readonly authorizers: Authorizers;
  readonly secrets: TlsSecrets;
  /** Whether this address is one of the proxy's own listeners: calling it would go in circles. */
  isOwnAddress(host: string, port: number): boolean;
}

/** The head of a response on its way back. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
  /** The proxy answered itself. */
  readonly isLocal: boolean;
}

/**
 * One step of the way. Filters run in the order of the chain on the way down and in reverse on the way back.
 * A reply ends the way down: filters after it do not run.
 */
export interface Filter {
  readonly name: string;
  onRequest?(
    exchange: Exchange,
    context: FilterContext,
  ): LocalReply | undefined | Promise<LocalReply | undefined>;
  onResponse?(exchange: Exchange, head: ResponseHead): void;
}
