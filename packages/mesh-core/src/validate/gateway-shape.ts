import type { GatewayDocument } from '@heddle/schema';
import { addressError, isDnsLabel, scopedHostError, socketPathError } from './host-names.ts';
import { isHttp, isTls, protocolError } from './protocols.ts';
import { errorIf, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';
import { serverTlsFindings } from './server-tls.ts';

type Server = GatewayDocument['spec']['servers'][number];

/** What one Gateway must have by itself: hosts, ports by unique names, TLS where the protocol has it (IST0106). */
export const gatewayShape = documentRule('gateways', function* ({ key, object: { spec } }) {
  if (!isDnsLabel(key.name)) {
    yield schemaError(
      'metadata.name',
      `"${key.name}" cannot be the name of a Gateway; use letters, digits and -`,
    );
  }
  const names = new Set<string>();
  for (const [i, server] of spec.servers.entries()) {
    const path = `spec.servers[${i}]`;
    yield* serverFindings(path, server);
    const { name } = server.port;
    if (names.has(name) && name !== '') {
      yield schemaError(`${path}.port.name`, `there is a port "${name}" already; rename one of them`);
    }
    names.add(name);
  }
});

function* serverFindings(path: string, server: Server): Iterable<RuleFinding> {
  const { hosts, port, bind = '', tls } = server;
  for (const [i, host] of hosts.entries()) {
    yield* errorIf(`${path}.hosts[${i}]`, scopedHostError(host, 'Gateway'));
  }
  const isSocket = bind.startsWith('unix://');
  if (port.name === '') yield schemaError(`${path}.port.name`, 'the port has no name; name it, such as http');
  yield* errorIf(`${path}.port.protocol`, protocolError(port.protocol));
  if (port.number === 0 && !isSocket)
    yield schemaError(`${path}.port.number`, '0 is not a port; expected 1 to 65535');
  if (isSocket) {
    yield* errorIf(`${path}.bind`, socketPathError(bind.slice('unix://'.length)));
    if (port.number !== 0)
      yield schemaError(`${path}.port.number`, 'a Unix domain socket has no port; write 0');
  } else if (bind !== '') {
    yield* errorIf(`${path}.bind`, addressError(bind));
  }
  yield* serverTlsFindings(`${path}.tls`, tls);
  if (protocolError(port.protocol) === undefined) yield* tlsPresence(path, server);
  if (tls?.httpsRedirect === true && !isHttp(port.protocol)) {
    yield schemaWarning(`${path}.tls.httpsRedirect`, 'a redirect to https is for HTTP servers; remove it');
  }
}

/** TLS protocols need settings of TLS; plain HTTP has room for httpsRedirect alone, other protocols for nothing. */
function* tlsPresence(path: string, { port, tls }: Server): Iterable<RuleFinding> {
  if (isTls(port.protocol)) {
    if (tls === undefined)
      yield schemaError(`${path}.tls`, `protocol ${port.protocol} needs tls; add its mode`);
    return;
  }
  if (tls === undefined) return;
  const { mode = 'PASSTHROUGH', caCertificates = '', privateKey = '', serverCertificate = '' } = tls;
  const hasNone = mode.endsWith('PASSTHROUGH') && `${caCertificates}${privateKey}${serverCertificate}` === '';
  if (isHttp(port.protocol) && hasNone) return;
  yield schemaError(
    `${path}.tls`,
    `protocol ${port.protocol} is not encrypted; write HTTPS or TLS, or remove tls (an HTTP server may have tls.httpsRedirect alone)`,
  );
}
