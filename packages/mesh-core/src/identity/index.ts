/** Who a workload is: the mesh's certificate authority and the tokens with which proxies enrol. */
export {
  openCertificateAuthority,
  spiffeId,
  type CertificateAuthority,
  type CertificateAuthorityOptions,
  type IssuedCertificate,
} from './ca.ts';
export {
  EnrolmentTokens,
  inMemoryTokenStore,
  type EnrolmentClaim,
  type TokenRecord,
  type TokenStore,
} from './token.ts';
