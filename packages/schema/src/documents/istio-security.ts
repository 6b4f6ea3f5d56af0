/** security.istio.io */
import Type, { type Static } from 'typebox';
import { closed, DocumentOf, Labels } from './metadata.ts';

export const MtlsMode = Type.Enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']);
export type MtlsMode = Static<typeof MtlsMode>;
const MutualTls = Type.Object({ mode: Type.Optional(MtlsMode) }, closed);

export const PeerAuthenticationSpec = Type.Object(
  {
    selector: Type.Optional(Type.Object({ matchLabels: Type.Optional(Labels) }, closed)),
    mtls: Type.Optional(MutualTls),
    portLevelMtls: Type.Optional(Type.Record(Type.String({ pattern: '^[0-9]+$' }), MutualTls)),
  },
  closed,
);
export const PeerAuthenticationDocument = Type.Object({
  ...DocumentOf(PeerAuthenticationSpec).properties,
  spec: Type.Optional(PeerAuthenticationSpec),
});
export type PeerAuthenticationDocument = Static<typeof PeerAuthenticationDocument>;
