/** Kubernetes objects that the mesh reads as input. They hold much that is not the mesh's affair: other fields pass. */
import Type, { type Static } from 'typebox';
import { Labels, ObjectMeta } from './metadata.ts';

const typeMeta = { apiVersion: Type.String(), kind: Type.String(), metadata: ObjectMeta };
const Port = Type.Integer({ minimum: 1, maximum: 65535 });

export const ServicePort = Type.Object({
  name: Type.Optional(Type.String()),
  port: Port,
  targetPort: Type.Optional(Type.Union([Port, Type.String()])),
  protocol: Type.Optional(Type.Enum(['TCP', 'UDP', 'SCTP'])),
  appProtocol: Type.Optional(Type.String()),
});
export type ServicePort = Static<typeof ServicePort>;

export const ServiceDocument = Type.Object({
  ...typeMeta,
  spec: Type.Object({
    ports: Type.Optional(Type.Array(ServicePort)),
    selector: Type.Optional(Labels),
    type: Type.Optional(Type.String()),
    externalName: Type.Optional(Type.String()),
    clusterIP: Type.Optional(Type.String()),
    clusterIPs: Type.Optional(Type.Array(Type.String())),
  }),
});
export type ServiceDocument = Static<typeof ServiceDocument>;

const Container = Type.Object({
  ports: Type.Optional(
    Type.Array(
      Type.Object({ name: Type.Optional(Type.String()), containerPort: Type.Optional(Type.Integer()) }),
    ),
  ),
  env: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.Optional(Type.String()) }))),
});

export const DeploymentDocument = Type.Object({
  ...typeMeta,
  spec: Type.Object({
    replicas: Type.Optional(Type.Integer({ minimum: 0 })),
    template: Type.Object({
      metadata: Type.Optional(Type.Object({ labels: Type.Optional(Labels) })),
      spec: Type.Object({
        serviceAccountName: Type.Optional(Type.String()),
        containers: Type.Optional(Type.Array(Container)),
      }),
    }),
  }),
});
export type DeploymentDocument = Static<typeof DeploymentDocument>;

const PodTemplate = Type.Object({
  serviceAccountName: Type.Optional(Type.String()),
  nodeName: Type.Optional(Type.String()),
});

export const PodDocument = Type.Object({
  ...typeMeta,
  spec: Type.Optional(PodTemplate),
  status: Type.Optional(
    Type.Object({ podIP: Type.Optional(Type.String()), phase: Type.Optional(Type.String()) }),
  ),
});
export type PodDocument = Static<typeof PodDocument>;

export const EndpointSliceDocument = Type.Object({
  ...typeMeta,
  addressType: Type.Enum(['IPv4', 'IPv6', 'FQDN']),
  endpoints: Type.Array(
    Type.Object({
      addresses: Type.Array(Type.String(), { minItems: 1 }),
      conditions: Type.Optional(
        Type.Object({
          ready: Type.Optional(Type.Boolean()),
          serving: Type.Optional(Type.Boolean()),
          terminating: Type.Optional(Type.Boolean()),
        }),
      ),
      zone: Type.Optional(Type.String()),
      targetRef: Type.Optional(
        Type.Object({
          kind: Type.Optional(Type.String()),
          name: Type.Optional(Type.String()),
          namespace: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
  ports: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.Optional(Type.String()),
        port: Type.Optional(Port),
        protocol: Type.Optional(Type.String()),
        appProtocol: Type.Optional(Type.String()),
      }),
    ),
  ),
});
export type EndpointSliceDocument = Static<typeof EndpointSliceDocument>;

export const SecretDocument = Type.Object({
  ...typeMeta,
  type: Type.Optional(Type.String()),
  data: Type.Optional(Type.Record(Type.String(), Type.String({ description: 'base64' }))),
  stringData: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type SecretDocument = Static<typeof SecretDocument>;

export const ConfigMapDocument = Type.Object({
  ...typeMeta,
  data: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type ConfigMapDocument = Static<typeof ConfigMapDocument>;

/** Namespace, ServiceAccount, ConfigMap and the like: stored, and read by name. */
export const PlainDocument = Type.Object(typeMeta);
export type PlainDocument = Static<typeof PlainDocument>;
