/** FaultInjection <-> the per-route HTTPFault of `envoy.filters.http.fault`. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { FaultInjection } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeFraction, encodeFraction } from './fraction.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';

export const faultFilter = 'envoy.filters.http.fault';
export const faultType = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault';

/** The route's `typed_per_filter_config`. */
export function encodeFault(fault: FaultInjection | undefined): JsonObject {
  if (fault === undefined) return {};
  const { delay, abort } = fault;
  return {
    [faultFilter]: definedFields({
      '@type': faultType,
      // Envoy refuses a delay of 0, which is none.
      delay:
        delay && delay.ms > 0
          ? { fixedDelay: encodeDuration(delay.ms), percentage: encodeFraction(delay.share) }
          : undefined,
      abort: abort && {
        ...(abort.grpcStatus === undefined ? { httpStatus: abort.status } : { grpcStatus: abort.grpcStatus }),
        percentage: encodeFraction(abort.share),
      },
    }),
  };
}

/** What goes into the route's metadata beside it. */
export function encodeFaultMetadata({ delay, from }: FaultInjection): JsonObject {
  return definedFields({
    from: encodeOrigins(from),
    emptyDelayShare: delay !== undefined && delay.ms === 0 ? delay.share : undefined,
  });
}

export function decodeFault(perFilterConfig: FieldReader, metadata: FieldReader): FaultInjection | undefined {
  const fault = perFilterConfig.field(faultFilter);
  if (!fault.isPresent) return undefined;
  const type = fault.string('@type');
  if (type !== faultType) return fault.fail(`expected ${faultType}, got "${type}"`);
  return {
    ...decodeDelay(fault.field('delay'), metadata),
    ...decodeAbort(fault.field('abort')),
    from: decodeOrigins(metadata),
  };
}

function decodeDelay(delay: FieldReader, metadata: FieldReader): Pick<FaultInjection, 'delay'> {
  if (metadata.has('emptyDelayShare')) return { delay: { ms: 0, share: metadata.number('emptyDelayShare') } };
  if (!delay.isPresent) return {};
  if (!delay.has('fixedDelay')) return delay.fail('only a fixed delay is supported');
  return { delay: { ms: decodeDuration(delay, 'fixedDelay'), share: decodeFraction(delay, 'percentage') } };
}

function decodeAbort(abort: FieldReader): Pick<FaultInjection, 'abort'> {
  if (!abort.isPresent) return {};
  const share = decodeFraction(abort, 'percentage');
  if (abort.has('grpcStatus'))
    return { abort: { status: 200, grpcStatus: abort.number('grpcStatus'), share } };
  if (!abort.has('httpStatus')) return abort.fail('only an HTTP or a gRPC status is supported');
  return { abort: { status: abort.number('httpStatus'), share } };
}
