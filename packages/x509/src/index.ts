/** Certificates and certificate requests in the one profile that the mesh uses, on node:crypto. */
export {
  certificateToPem,
  signCertificate,
  type CertificateProfile,
  type Issuer,
  type SubjectAltName,
} from './certificate.ts';
export { createCsr, readCsr } from './csr.ts';
export { newSerial } from './serial.ts';
