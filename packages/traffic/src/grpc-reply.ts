/**
 * The gRPC status with which a proxy answers a gRPC call itself, where HTTP has this status; the HTTP status is 200 then.
 * @see Envoy's local replies to gRPC requests; https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
export function grpcStatusOfHttp(status: number): number {
  return mapping[status] ?? unknown;
}

const unknown = 2;
const unavailable = 14;

const mapping: Readonly<Record<number, number>> = {
  400: 13, // INTERNAL
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  429: unavailable,
  502: unavailable,
  503: unavailable,
  504: unavailable,
};
