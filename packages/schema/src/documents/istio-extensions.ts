/** Kinds that change an Envoy by itself: stored, shown, and checked in outline. */
import Type, { type Static } from 'typebox';
import { PolicyTargetReference } from './istio-security.ts';
import {
  closed,
  DocumentOf,
  DocumentOfOptional,
  Int32,
  NonNegativeInt32,
  PolicySelector,
  UInt32,
} from './metadata.ts';

const Anything = Type.Record(Type.String(), Type.Unknown());

const Text = Type.Optional(Type.String());
const Filter = Type.Object(
  { name: Text, subFilter: Type.Optional(Type.Object({ name: Text }, closed)) },
  closed,
);
const PatchMatch = Type.Object(
  {
    context: Type.Optional(Type.Enum(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'])),
    proxy: Type.Optional(
      Type.Object(
        { proxyVersion: Text, metadata: Type.Optional(Type.Record(Type.String(), Type.String())) },
        closed,
      ),
    ),
    listener: Type.Optional(
      Type.Object(
        {
          portNumber: Type.Optional(UInt32),
          portName: Text,
          name: Text,
          listenerFilter: Text,
          filterChain: Type.Optional(
            Type.Object(
              {
                name: Text,
                sni: Text,
                transportProtocol: Text,
                transportSocket: Text,
                applicationProtocols: Text,
                filter: Type.Optional(Filter),
                destinationPort: Type.Optional(UInt32),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    routeConfiguration: Type.Optional(
      Type.Object(
        {
          portNumber: Type.Optional(UInt32),
          portName: Text,
          gateway: Text,
          name: Text,
          vhost: Type.Optional(
            Type.Object(
              {
                name: Text,
                domainName: Text,
                route: Type.Optional(
                  Type.Object(
                    {
                      name: Text,
                      action: Type.Optional(Type.Enum(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'])),
                    },
                    closed,
                  ),
                ),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    cluster: Type.Optional(
      Type.Object({ portNumber: Type.Optional(UInt32), service: Text, subset: Text, name: Text }, closed),
    ),
    waypoint: Type.Optional(
      Type.Object(
        {
          portNumber: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
          filter: Type.Optional(Filter),
          route: Type.Optional(Type.Object({ name: Text }, closed)),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const EnvoyFilterDocument = DocumentOfOptional(
  Type.Object(
    {
      workloadSelector: Type.Optional(
        Type.Object(
          { labels: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 63 }))) },
          closed,
        ),
      ),
      targetRefs: Type.Optional(Type.Array(PolicyTargetReference, { maxItems: 16 })),
      priority: Type.Optional(Int32),
      configPatches: Type.Optional(
        Type.Array(
          Type.Object(
            {
              applyTo: Type.Optional(
                Type.Enum([
                  'INVALID',
                  'LISTENER',
                  'FILTER_CHAIN',
                  'NETWORK_FILTER',
                  'HTTP_FILTER',
                  'ROUTE_CONFIGURATION',
                  'VIRTUAL_HOST',
                  'HTTP_ROUTE',
                  'CLUSTER',
                  'EXTENSION_CONFIG',
                  'BOOTSTRAP',
                  'LISTENER_FILTER',
                ]),
              ),
              match: Type.Optional(PatchMatch),
              patch: Type.Optional(
                Type.Object(
                  {
                    operation: Type.Optional(
                      Type.Enum([
                        'INVALID',
                        'MERGE',
                        'ADD',
                        'REMOVE',
                        'INSERT_BEFORE',
                        'INSERT_AFTER',
                        'INSERT_FIRST',
                        'REPLACE',
                        'MERGE_AND_REPLACE_LIST',
                      ]),
                    ),
                    value: Type.Optional(Anything),
                    filterClass: Type.Optional(Type.Enum(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'])),
                  },
                  closed,
                ),
              ),
            },
            closed,
          ),
        ),
      ),
    },
    closed,
  ),
);

export const ProxyConfigDocument = DocumentOfOptional(
  Type.Object(
    {
      selector: Type.Optional(PolicySelector),
      concurrency: Type.Optional(NonNegativeInt32),
      environmentVariables: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 2048 }))),
      image: Type.Optional(Type.Object({ imageType: Type.Optional(Type.String()) }, closed)),
    },
    closed,
  ),
);

const priorityAndPlace = {
  priority: Type.Optional(Int32),
  match: Type.Optional(
    Type.Array(
      Type.Object(
        {
          mode: Type.Optional(Type.Enum(['UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'])),
          ports: Type.Optional(
            Type.Array(Type.Object({ number: Type.Integer({ minimum: 1, maximum: 65535 }) }, closed)),
          ),
        },
        closed,
      ),
    ),
  ),
};

const wasm = {
  url: Type.String({
    pattern: '^(?:(?:https?|file|oci)://.+|(?![a-zA-Z][a-zA-Z0-9+.-]*://)[^\\s]+)$',
    description: 'https, http, file or oci; without a scheme oci',
  }),
  sha256: Type.Optional(Type.String({ pattern: '^(?:[a-f0-9]{64})?$' })),
  imagePullPolicy: Type.Optional(Type.Enum(['UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'])),
  imagePullSecret: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
  verificationKey: Type.Optional(Type.String()),
  pluginConfig: Type.Optional(Anything),
  pluginName: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  failStrategy: Type.Optional(Type.Enum(['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'])),
  type: Type.Optional(Type.Enum(['UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'])),
  vmConfig: Type.Optional(
    Type.Object(
      {
        env: Type.Optional(
          Type.Array(
            Type.Object(
              {
                name: Type.String({ minLength: 1, maxLength: 256 }),
                valueFrom: Type.Optional(Type.Enum(['INLINE', 'HOST'])),
                value: Type.Optional(Type.String({ maxLength: 2048 })),
              },
              closed,
            ),
            { maxItems: 256 },
          ),
        ),
      },
      closed,
    ),
  ),
};
const WasmModule = Type.Object(wasm, closed);
export type WasmModule = Static<typeof WasmModule>;

export const WasmPluginDocument = DocumentOf(
  Type.Object(
    {
      selector: Type.Optional(PolicySelector),
      targetRef: Type.Optional(PolicyTargetReference),
      targetRefs: Type.Optional(Type.Array(PolicyTargetReference, { maxItems: 16 })),
      ...wasm,
      phase: Type.Optional(Type.Enum(['UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'])),
      ...priorityAndPlace,
    },
    closed,
  ),
);

/** A WebAssembly module or a script of Lua: the successor of WasmPlugin. */
export const TrafficExtensionDocument = DocumentOf(
  Type.Object(
    {
      selector: Type.Optional(PolicySelector),
      targetRefs: Type.Optional(Type.Array(PolicyTargetReference, { maxItems: 16 })),
      phase: Type.Optional(Type.Enum(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'])),
      ...priorityAndPlace,
      wasm: Type.Optional(WasmModule),
      lua: Type.Optional(
        Type.Object({ inlineCode: Type.String({ minLength: 1, maxLength: 65_536 }) }, closed),
      ),
    },
    closed,
  ),
);

export type EnvoyFilterDocument = Static<typeof EnvoyFilterDocument>;
export type ProxyConfigDocument = Static<typeof ProxyConfigDocument>;
export type WasmPluginDocument = Static<typeof WasmPluginDocument>;
export type TrafficExtensionDocument = Static<typeof TrafficExtensionDocument>;
