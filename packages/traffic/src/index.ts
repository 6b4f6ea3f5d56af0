/** What the mesh decides, as data (the IR) and as pure functions over it. Browser-safe. */
export { formatHeader, requestCommand } from './header-format.ts';
export { joinMutations, mutateHeaders } from './header-mutation.ts';
export * from './authorize/index.ts';
export { cookieOf, hash32, requestHash } from './request-hash.ts';
export { clientAddress, type ClientAddressRequest } from './client-address.ts';
export { contentHash, stableStringify } from './content-hash.ts';
export { type CorsDecision, type CorsHeader, type CorsRequest, decideCors, isPreflight } from './cors.ts';
export { grpcStatusOfHttp } from './grpc-reply.ts';
export * from './ir/index.ts';
export {
  compilePathMatch,
  compileRouteTable,
  decideRoute,
  pathOf,
  type RouteDecision,
  type RouteRequest,
  type RouteTable,
} from './match.ts';
export { chainsForAddress, type Connection, matchServerName, matchTcpChain } from './tcp-chain.ts';
export { bringsSession, isProviderUrl, type ProviderStep, providerStep } from './provider-login.ts';
export { redirectLocation } from './redirect.ts';
export { normalizePath, type PathNormalization } from './normalize-path.ts';
export { type LoginRequest, type PresentedLogin, presentedLogin } from './login.ts';
export { isRetryable, type TryOutcome } from './retryable.ts';
export { rewritePath } from './rewrite.ts';
export { isInShare, pickWeighted } from './split.ts';
export { compileStringMatch } from './string-match.ts';
export { hostOf } from './virtual-host.ts';
