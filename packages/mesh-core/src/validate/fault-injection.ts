import type { HttpFault } from '@heddle/schema';
import { durationFindings } from './durations.ts';
import { exclusive, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

/** The codes of gRPC by name. @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const grpcStatuses: ReadonlySet<string> = new Set([
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]);

/** A fault delays or aborts, by a share that there can be (IST0106). */
export function* faultFindings(path: string, fault: HttpFault | undefined): Iterable<RuleFinding> {
  if (fault === undefined) return;
  const { abort, delay } = fault;
  if (abort === undefined && delay === undefined) {
    yield schemaError(path, 'the fault neither delays nor aborts; give it delay or abort');
  }
  if (abort !== undefined) {
    yield* shareFindings(`${path}.abort.percentage.value`, abort.percentage?.value);
    yield* exclusive(`${path}.abort`, abort, ['httpStatus', 'grpcStatus', 'http2Error']);
    const { httpStatus, grpcStatus, http2Error } = abort;
    if (http2Error !== undefined) {
      yield schemaError(
        `${path}.abort.http2Error`,
        'resets of HTTP/2 streams cannot be injected; use httpStatus',
      );
    }
    if (grpcStatus !== undefined && !grpcStatuses.has(grpcStatus)) {
      yield schemaError(
        `${path}.abort.grpcStatus`,
        `"${grpcStatus}" is not a status of gRPC; write it as UNAVAILABLE`,
      );
    }
    if (httpStatus === undefined && grpcStatus === undefined && http2Error === undefined) {
      yield {
        ...schemaWarning(
          `${path}.abort`,
          'abort has no status and does nothing; name one, such as httpStatus: 503',
        ),
        // Istio takes it in silence.
        severity: 'info',
      };
    }
  }
  if (delay !== undefined) {
    yield* shareFindings(`${path}.delay.percentage.value`, delay.percentage?.value);
    yield* durationFindings(`${path}.delay.fixedDelay`, delay.fixedDelay);
  }
}

/** Envoy counts in millionths: a smaller share than 0.0001 percent would be none. */
function* shareFindings(path: string, percent: number | undefined): Iterable<RuleFinding> {
  if (percent !== undefined && percent > 0 && percent < 0.0001) {
    yield schemaError(path, `${percent} percent is too little; expected 0, or 0.0001 to 100`);
  }
}
