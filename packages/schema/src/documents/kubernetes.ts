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
  }),
});
export type ServiceDocument = Static<typeof ServiceDocument>;

export const DeploymentDocument = Type.Object({
  ...typeMeta,
  spec: Type.Object({
    replicas: Type.Optional(Type.Integer({ minimum: 0 })),
    template: Type.Object({
      metadata: Type.Optional(Type.Object({ labels: Type.Optional(Labels) })),
      spec: Type.Object({ serviceAccountName: Type.Optional(Type.String()) }),
    }),
  }),
});
export type DeploymentDocument = Static<typeof DeploymentDocument>;

/** Namespace, ServiceAccount, ConfigMap and the like: stored, and read by name. */
export const PlainDocument = Type.Object(typeMeta);
export type PlainDocument = Static<typeof PlainDocument>;
