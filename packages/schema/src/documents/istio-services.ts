/** networking.istio.io: services, workloads and listeners outside of Kubernetes, and what a sidecar hears of. */
import Type, { type Static } from 'typebox';
import { ConnectionPool, GatewayServerTls } from './istio-networking.ts';
import { closed, DocumentOf, DocumentOfOptional, NonNegativeInt32, UInt32 } from './metadata.ts';

const Strings = Type.Array(Type.String());
const PortNumber = Type.Integer({ minimum: 1, maximum: 65535 });
const WorkloadSelector = Type.Object(
  {
    labels: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 63 }), { maxProperties: 256 })),
  },
  closed,
);

const workloadEntryFields = {
  address: Type.Optional(
    Type.String({ maxLength: 256, description: 'IP address, DNS name or unix:///path' }),
  ),
  ports: Type.Optional(Type.Record(Type.String(), PortNumber, { maxProperties: 128 })),
  labels: Type.Optional(Type.Record(Type.String(), Type.String(), { maxProperties: 256 })),
  network: Type.Optional(Type.String({ maxLength: 2048 })),
  locality: Type.Optional(Type.String({ maxLength: 2048, description: 'region/zone/subzone' })),
  weight: Type.Optional(UInt32),
  serviceAccount: Type.Optional(Type.String({ maxLength: 253 })),
};
export const WorkloadEntrySpec = Type.Object(workloadEntryFields, closed);
export type WorkloadEntrySpec = Static<typeof WorkloadEntrySpec>;
export const WorkloadEntryDocument = DocumentOf(WorkloadEntrySpec);
export type WorkloadEntryDocument = Static<typeof WorkloadEntryDocument>;

export const ServiceEntryPort = Type.Object(
  {
    number: PortNumber,
    protocol: Type.Optional(Type.String({ maxLength: 256 })),
    name: Type.String({ maxLength: 256 }),
    targetPort: Type.Optional(PortNumber),
  },
  closed,
);
export type ServiceEntryPort = Static<typeof ServiceEntryPort>;

export const ServiceEntrySpec = Type.Object(
  {
    hosts: Type.Array(Type.String(), { minItems: 1, maxItems: 256 }),
    addresses: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 })),
    ports: Type.Optional(Type.Array(ServiceEntryPort, { maxItems: 256 })),
    location: Type.Optional(Type.Enum(['MESH_EXTERNAL', 'MESH_INTERNAL'])),
    resolution: Type.Optional(Type.Enum(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'])),
    endpoints: Type.Optional(Type.Array(WorkloadEntrySpec, { maxItems: 4096 })),
    workloadSelector: Type.Optional(WorkloadSelector),
    exportTo: Type.Optional(Strings),
    subjectAltNames: Type.Optional(Strings),
  },
  closed,
);
export type ServiceEntrySpec = Static<typeof ServiceEntrySpec>;
export const ServiceEntryDocument = DocumentOf(ServiceEntrySpec);
export type ServiceEntryDocument = Static<typeof ServiceEntryDocument>;

const HttpHeader = Type.Object(
  { name: Type.Optional(Type.String()), value: Type.Optional(Type.String()) },
  closed,
);
const ReadinessProbe = Type.Object(
  {
    initialDelaySeconds: Type.Optional(NonNegativeInt32),
    timeoutSeconds: Type.Optional(NonNegativeInt32),
    periodSeconds: Type.Optional(NonNegativeInt32),
    successThreshold: Type.Optional(NonNegativeInt32),
    failureThreshold: Type.Optional(NonNegativeInt32),
    httpGet: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(Type.String()),
          port: PortNumber,
          host: Type.Optional(Type.String()),
          scheme: Type.Optional(Type.String()),
          httpHeaders: Type.Optional(Type.Array(HttpHeader)),
        },
        closed,
      ),
    ),
    tcpSocket: Type.Optional(Type.Object({ host: Type.Optional(Type.String()), port: PortNumber }, closed)),
    exec: Type.Optional(
      Type.Object({ command: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }) }, closed),
    ),
    grpc: Type.Optional(
      Type.Object({ port: Type.Optional(PortNumber), service: Type.Optional(Type.String()) }, closed),
    ),
  },
  closed,
);

export const WorkloadGroupSpec = Type.Object(
  {
    metadata: Type.Optional(
      Type.Object(
        {
          labels: Type.Optional(Type.Record(Type.String(), Type.String(), { maxProperties: 256 })),
          annotations: Type.Optional(Type.Record(Type.String(), Type.String(), { maxProperties: 256 })),
        },
        closed,
      ),
    ),
    template: WorkloadEntrySpec,
    probe: Type.Optional(ReadinessProbe),
  },
  closed,
);
export type WorkloadGroupSpec = Static<typeof WorkloadGroupSpec>;
export const WorkloadGroupDocument = DocumentOf(WorkloadGroupSpec);
export type WorkloadGroupDocument = Static<typeof WorkloadGroupDocument>;

const SidecarPort = Type.Object(
  {
    number: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
    protocol: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    targetPort: Type.Optional(Type.Literal(0)),
  },
  closed,
);
const CaptureMode = Type.Enum(['DEFAULT', 'IPTABLES', 'NONE']);

export const SidecarSpec = Type.Object(
  {
    workloadSelector: Type.Optional(WorkloadSelector),
    ingress: Type.Optional(
      Type.Array(
        Type.Object(
          {
            port: SidecarPort,
            bind: Type.Optional(Type.String()),
            captureMode: Type.Optional(CaptureMode),
            defaultEndpoint: Type.Optional(Type.String()),
            tls: Type.Optional(GatewayServerTls),
            connectionPool: Type.Optional(ConnectionPool),
          },
          closed,
        ),
      ),
    ),
    egress: Type.Optional(
      Type.Array(
        Type.Object(
          {
            port: Type.Optional(SidecarPort),
            bind: Type.Optional(Type.String()),
            captureMode: Type.Optional(CaptureMode),
            hosts: Type.Array(Type.String(), { minItems: 1 }),
          },
          closed,
        ),
      ),
    ),
    inboundConnectionPool: Type.Optional(ConnectionPool),
    outboundTrafficPolicy: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(Type.Enum(['REGISTRY_ONLY', 'ALLOW_ANY'])),
          egressProxy: Type.Optional(
            Type.Object(
              {
                host: Type.String(),
                subset: Type.Optional(Type.String()),
                port: Type.Optional(Type.Object({ number: PortNumber }, closed)),
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
);
export type SidecarSpec = Static<typeof SidecarSpec>;
export const SidecarDocument = DocumentOfOptional(SidecarSpec);
export type SidecarDocument = Static<typeof SidecarDocument>;
