/** Whether a request may pass: the compiled policies and the decision. */
export { admitByPolicies, type Admission, foretellAdmission, noDemands, type RouteDemands } from './admit.ts';
export { type Address, compileIpBlock, parseAddress } from './address.ts';
export {
  authorize,
  authorizerOf,
  authorizeRest,
  authorizeCustom,
  type AuthorizationDecision,
  type AuthorizationVerdict,
  compileAuthorization,
  type CompiledAuthorization,
} from './authorize.ts';
export { isPathTemplate } from './path-template.ts';
export { type AuthorizationRequest, isForAudience, normalizeClaims, type ProviderAnswer } from './request.ts';
