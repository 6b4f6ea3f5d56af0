import type { GatewayServerTls } from '@heddle/schema';
import type { EndedTls, Origin, TerminatedTls, TlsMaterial, TlsVersion } from '@heddle/traffic';
import type { World } from '../../world/world.ts';
import { authoritiesOf, authorityFile, credentialSecret, noSecret } from './credential.ts';
import { meshTlsSettings } from './peer-authentication.ts';

/** How a gateway's server ends TLS. ISTIO_MUTUAL is the mesh's own mTLS. */
export function terminatedTls(tls: GatewayServerTls, from: Origin, world: World): EndedTls {
  const { mode } = tls;
  if (mode === 'ISTIO_MUTUAL') return { ...meshTlsSettings(world), mode: 'STRICT', from: [from] };
  const verifies = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL' ? mode : undefined;
  const authorities = verifies && clientAuthorities(tls);
  return {
    mode: verifies ?? 'SIMPLE',
    certificates: certificatesOf(tls),
    ...(authorities === undefined ? {} : { authorities }),
    subjectAltNames: verifies === undefined ? [] : (tls.subjectAltNames ?? []),
    certificateHashes: verifies === undefined ? [] : (tls.verifyCertificateHash ?? []),
    publicKeyHashes: verifies === undefined ? [] : (tls.verifyCertificateSpki ?? []),
    isInsecure: verifies !== undefined && tls.insecureSkipVerify === true,
    ...tlsParameters(withDefaults(tls, world)),
    from: [from],
  };
}

/** What a server does not say of TLS, the mesh may (tlsDefaults). */
function withDefaults(tls: GatewayServerTls, { settings: { tlsDefaults } }: World): GatewayServerTls {
  const { minProtocolVersion, cipherSuites, ecdhCurves } = tlsDefaults ?? {};
  const saysVersion = tls.minProtocolVersion !== undefined && tls.minProtocolVersion !== 'TLS_AUTO';
  return {
    ...tls,
    ...(saysVersion || minProtocolVersion === undefined ? {} : { minProtocolVersion }),
    ...(tls.cipherSuites?.length || cipherSuites === undefined ? {} : { cipherSuites }),
    ...(tls.ecdhCurves?.length || ecdhCurves === undefined ? {} : { ecdhCurves }),
  };
}

/** Envoy's defaults for servers: TLS 1.2 and 1.3. */
export function tlsParameters({
  minProtocolVersion,
  maxProtocolVersion,
  cipherSuites = [],
  ecdhCurves = [],
}: Pick<GatewayServerTls, 'minProtocolVersion' | 'maxProtocolVersion' | 'cipherSuites' | 'ecdhCurves'>): Pick<
  TerminatedTls,
  'minVersion' | 'maxVersion' | 'cipherSuites' | 'ecdhCurves'
> {
  return {
    minVersion: versionOf(minProtocolVersion) ?? 'TLSv1_2',
    maxVersion: versionOf(maxProtocolVersion) ?? 'TLSv1_3',
    cipherSuites: [...new Set(cipherSuites)],
    ecdhCurves: [...new Set(ecdhCurves)],
  };
}

function versionOf(written: GatewayServerTls['minProtocolVersion']): TlsVersion | undefined {
  switch (written) {
    case 'TLSV1_0':
      return 'TLSv1_0';
    case 'TLSV1_1':
      return 'TLSv1_1';
    case 'TLSV1_2':
      return 'TLSv1_2';
    case 'TLSV1_3':
      return 'TLSv1_3';
    case 'TLS_AUTO':
    case undefined:
      return undefined;
  }
}

/** Secrets come before files, as in Istio. */
function certificatesOf(tls: GatewayServerTls): TlsMaterial[] {
  const names = credentialsOf(tls);
  if (names.length > 0) return names.map(credentialSecret);
  const files = (tls.tlsCertificates ?? [tls]).flatMap(
    ({ serverCertificate = '', privateKey = '' }): TlsMaterial[] =>
      serverCertificate === '' || privateKey === ''
        ? []
        : [{ kind: 'files', certificate: serverCertificate, privateKey }],
  );
  return files.length === 0 ? [noSecret] : files;
}

function clientAuthorities(tls: GatewayServerTls): TlsMaterial {
  const [first] = credentialsOf(tls);
  if (first !== undefined) {
    return tls.caCertCredentialName ? credentialSecret(tls.caCertCredentialName) : authoritiesOf(first);
  }
  const file =
    tls.caCertificates || tls.tlsCertificates?.find(({ caCertificates }) => caCertificates)?.caCertificates;
  return file ? authorityFile(file, tls.caCrl) : noSecret;
}

function credentialsOf({ credentialName = '', credentialNames = [] }: GatewayServerTls): readonly string[] {
  return credentialNames.length > 0 ? credentialNames : credentialName === '' ? [] : [credentialName];
}
