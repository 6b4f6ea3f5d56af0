import { decideCors } from '@heddle/traffic';
import type { Filter } from './filter.ts';

/** Answers preflights, and tells browsers on responses what the policy permits. What is not forwarded has none (Envoy). */
export const applyCors: Filter = {
  name: 'apply-cors',

  onRequest(exchange) {
    const policy = exchange.action?.cors;
    if (policy === undefined) return undefined;
    const { method, requestHeaders } = exchange;
    const decision = decideCors(policy, { method, header: (name) => requestHeaders.get(name) });
    if (decision.kind === 'answer') {
      const headers = decision.responseHeaders.map(({ name, value }) => [name, value] as const);
      return { status: 200, flag: undefined, body: '', headers };
    }
    // Kept from here: what comes later may change the fields that it was decided by.
    if (decision.kind === 'permit') exchange.corsHeaders = decision.responseHeaders;
    return undefined;
  },

  onResponse({ corsHeaders }, { headers }) {
    for (const { name, value } of corsHeaders) headers.set(name, value);
  },
};
