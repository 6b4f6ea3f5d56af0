/** istio.mesh.v1alpha1 MeshConfig.ExtensionProvider: whom policies name that ask somebody outside of the proxy. */
import Type, { type Static } from 'typebox';
import { Duration } from './istio-networking.ts';
import { UInt32 } from './metadata.ts';

const Strings = Type.Array(Type.String());

/** What providers of both protocols say. */
const common = {
  service: Type.Optional(Type.String({ description: 'host, or namespace/host where several have it' })),
  port: Type.Optional(UInt32),
  /** Until it has answered; 600s. */
  timeout: Type.Optional(Duration),
  failOpen: Type.Optional(
    Type.Boolean({ description: 'requests pass when it fails; if not, they are refused (default)' }),
  ),
  statusOnError: Type.Optional(
    Type.String({ description: 'status of requests that are refused because it failed; 403' }),
  ),
  clearRouteCache: Type.Optional(
    Type.Boolean({ description: 'headers that it sets or removes decide the route, too; default false' }),
  ),
  includeRequestBodyInCheck: Type.Optional(
    Type.Object({
      maxRequestBytes: Type.Optional(UInt32),
      allowPartialMessage: Type.Optional(
        Type.Boolean({ description: 'of a longer body the beginning is sent; if not, 413' }),
      ),
      packAsBytes: Type.Optional(Type.Boolean({ description: 'gRPC: bytes in place of text' })),
    }),
  ),
};

export const EnvoyExtAuthzHttp = Type.Object({
  ...common,
  pathPrefix: Type.Optional(Type.String({ description: 'goes before the path of the request' })),
  includeHeadersInCheck: Type.Optional(
    Type.Array(Type.String(), { description: 'deprecated: includeRequestHeadersInCheck' }),
  ),
  includeRequestHeadersInCheck: Type.Optional(Strings),
  includeAdditionalHeadersInCheck: Type.Optional(Type.Record(Type.String(), Type.String())),
  headersToUpstreamOnAllow: Type.Optional(Strings),
  headersToDownstreamOnAllow: Type.Optional(Strings),
  headersToDownstreamOnDeny: Type.Optional(
    Type.Array(Type.String(), { description: 'none: all headers of its answer' }),
  ),
});
export type EnvoyExtAuthzHttp = Static<typeof EnvoyExtAuthzHttp>;

export const EnvoyExtAuthzGrpc = Type.Object(common);
export type EnvoyExtAuthzGrpc = Static<typeof EnvoyExtAuthzGrpc>;

/** Providers of other kinds are kept, and named by a finding. */
export const ExtensionProvider = Type.Object({
  name: Type.Optional(Type.String()),
  envoyExtAuthzHttp: Type.Optional(EnvoyExtAuthzHttp),
  envoyExtAuthzGrpc: Type.Optional(EnvoyExtAuthzGrpc),
});
export type ExtensionProvider = Static<typeof ExtensionProvider>;
