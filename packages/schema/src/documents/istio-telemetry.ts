/** telemetry.istio.io */
import Type, { type Static } from 'typebox';
import { PolicyTargetReference } from './istio-security.ts';
import { Duration } from './istio-networking.ts';
import { closed, DocumentOfOptional, PolicySelector } from './metadata.ts';

const Providers = Type.Optional(Type.Array(Type.Object({ name: Type.String({ minLength: 1 }) }, closed)));
const Mode = Type.Optional(Type.Enum(['CLIENT_AND_SERVER', 'CLIENT', 'SERVER']));

const CustomTag = Type.Object(
  {
    literal: Type.Optional(Type.Object({ value: Type.String({ minLength: 1 }) }, closed)),
    environment: Type.Optional(
      Type.Object(
        { name: Type.String({ minLength: 1 }), defaultValue: Type.Optional(Type.String()) },
        closed,
      ),
    ),
    header: Type.Optional(
      Type.Object(
        { name: Type.String({ minLength: 1 }), defaultValue: Type.Optional(Type.String()) },
        closed,
      ),
    ),
    formatter: Type.Optional(Type.Object({ value: Type.String({ minLength: 1 }) }, closed)),
  },
  closed,
);

const Tracing = Type.Object(
  {
    match: Type.Optional(Type.Object({ mode: Mode }, closed)),
    providers: Providers,
    randomSamplingPercentage: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    disableSpanReporting: Type.Optional(Type.Boolean()),
    customTags: Type.Optional(Type.Record(Type.String(), CustomTag)),
    useRequestIdForTraceSampling: Type.Optional(Type.Boolean()),
    enableIstioTags: Type.Optional(Type.Boolean()),
    disableContextPropagation: Type.Optional(Type.Boolean()),
  },
  closed,
);

const Metrics = Type.Object(
  {
    providers: Providers,
    overrides: Type.Optional(
      Type.Array(
        Type.Object(
          {
            match: Type.Optional(
              Type.Object(
                {
                  metric: Type.Optional(
                    Type.Enum([
                      'ALL_METRICS',
                      'REQUEST_COUNT',
                      'REQUEST_DURATION',
                      'REQUEST_SIZE',
                      'RESPONSE_SIZE',
                      'TCP_OPENED_CONNECTIONS',
                      'TCP_CLOSED_CONNECTIONS',
                      'TCP_SENT_BYTES',
                      'TCP_RECEIVED_BYTES',
                      'GRPC_REQUEST_MESSAGES',
                      'GRPC_RESPONSE_MESSAGES',
                    ]),
                  ),
                  customMetric: Type.Optional(Type.String({ minLength: 1 })),
                  mode: Mode,
                },
                closed,
              ),
            ),
            disabled: Type.Optional(Type.Boolean()),
            tagOverrides: Type.Optional(
              Type.Record(
                Type.String(),
                Type.Object(
                  {
                    operation: Type.Optional(Type.Enum(['UPSERT', 'REMOVE'])),
                    value: Type.Optional(Type.String()),
                  },
                  closed,
                ),
              ),
            ),
          },
          closed,
        ),
      ),
    ),
    reportingInterval: Type.Optional(Duration),
  },
  closed,
);

const AccessLogging = Type.Object(
  {
    match: Type.Optional(Type.Object({ mode: Mode }, closed)),
    providers: Providers,
    disabled: Type.Optional(Type.Boolean()),
    filter: Type.Optional(Type.Object({ expression: Type.Optional(Type.String()) }, closed)),
  },
  closed,
);

export const TelemetrySpec = Type.Object(
  {
    selector: Type.Optional(PolicySelector),
    targetRef: Type.Optional(PolicyTargetReference),
    targetRefs: Type.Optional(Type.Array(PolicyTargetReference, { maxItems: 16 })),
    tracing: Type.Optional(Type.Array(Tracing)),
    metrics: Type.Optional(Type.Array(Metrics)),
    accessLogging: Type.Optional(Type.Array(AccessLogging)),
  },
  closed,
);
export type TelemetrySpec = Static<typeof TelemetrySpec>;
export const TelemetryDocument = DocumentOfOptional(TelemetrySpec);
export type TelemetryDocument = Static<typeof TelemetryDocument>;
