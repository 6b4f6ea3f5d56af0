/** Protocols of ports, as Istio reads them: without regard to case. */
const http: ReadonlySet<string> = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const tls: ReadonlySet<string> = new Set(['https', 'tls']);
const plain: ReadonlySet<string> = new Set(['tcp', 'mongo', 'redis', 'mysql']);

export function isHttp(protocol: string): boolean {
  return http.has(protocol.toLowerCase());
}

export function isTls(protocol: string): boolean {
  return tls.has(protocol.toLowerCase());
}

/** Bytes without an HTTP host; TLS is one of them. */
export function isTcp(protocol: string): boolean {
  return plain.has(protocol.toLowerCase()) || isTls(protocol);
}

export function protocolError(protocol: string): string | undefined {
  return isHttp(protocol) || isTcp(protocol) || protocol.toLowerCase() === 'udp'
    ? undefined
    : `"${protocol}" is not a protocol; expected HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, REDIS, MYSQL or UDP`;
}
