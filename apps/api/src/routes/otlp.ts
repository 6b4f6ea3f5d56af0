import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  decodeJsonTraces,
  decodeProtobufTraces,
  type OtlpSpan,
  OtlpError,
  toSpan,
  type TraceStore,
} from '@heddle/telemetry';
import type { App } from '../app.ts';
import { ApiError } from '../problem.ts';

/** Decoded size of one request at the most. */
const maxBytes = 16 * 1024 * 1024;
const inflate = promisify(gunzip);

/** OTLP/HTTP receiver for traces: protobuf and JSON, gzip. @see OTLP specification, "OTLP/HTTP" */
export function registerOtlp(app: App, traces: TraceStore): void {
  app.register(async (receiver: App) => {
    receiver.removeAllContentTypeParsers();
    receiver.addContentTypeParser(
      ['application/x-protobuf', 'application/json'],
      { parseAs: 'buffer' },
      (_request, body, done) => done(null, body),
    );
    receiver.post(
      '/v1/traces',
      { bodyLimit: maxBytes, schema: { tags: ['otlp'], summary: 'OTLP/HTTP traces' } },
      async (request, reply) => {
        const { body } = request;
        const isJson = request.headers['content-type']?.startsWith('application/json') === true;
        const bytes = await decompressed(
          Buffer.isBuffer(body) ? body : Buffer.alloc(0),
          request.headers['content-encoding'],
        );
        const rejected = addAll(
          traces,
          isJson ? decodeJsonTraces(bytes.toString('utf8')) : decodeProtobufTraces(bytes),
        );
        if (isJson) {
          return reply.type('application/json').send(
            rejected === 0
              ? '{}'
              : JSON.stringify({
                  partialSuccess: {
                    rejectedSpans: String(rejected),
                    errorMessage: 'spans without a valid id',
                  },
                }),
          );
        }
        // ExportTraceServiceResponse { partial_success: { rejected_spans: n } }
        const partial = rejected === 0 ? [] : [0x08, ...varint(rejected)];
        return reply
          .type('application/x-protobuf')
          .send(Buffer.from(rejected === 0 ? [] : [0x0a, partial.length, ...partial]));
      },
    );
  });
}

/** @returns how many spans were not taken */
function addAll(traces: TraceStore, spans: readonly OtlpSpan[]): number {
  let rejected = 0;
  for (const one of spans) {
    try {
      const { traceId, ...span } = toSpan(one);
      traces.add(traceId, span);
    } catch (error) {
      if (!(error instanceof OtlpError)) throw error;
      rejected++;
    }
  }
  return rejected;
}

async function decompressed(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return bytes;
  if (encoding !== 'gzip') {
    throw new ApiError(415, 'HDL_BAD_ENCODING', `content-encoding ${encoding}: expected gzip or none`);
  }
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ApiError(413, 'HDL_TOO_LARGE', `the body inflates to more than ${maxBytes} bytes`);
    }
    throw new OtlpError('the body is not gzip', { cause: error });
  }
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))];
}
