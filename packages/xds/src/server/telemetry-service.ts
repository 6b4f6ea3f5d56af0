/** `heddle.telemetry.v1.Telemetry/Push`: frames of a proxy, opaque here, on the connection of its ADS stream. */
import { status, type sendUnaryData, type ServerReadableStream } from '@grpc/grpc-js';
import { bearerToken, type AdsHooks, type AdsService } from './ads-service.ts';

export const telemetryPath = '/heddle.telemetry.v1.Telemetry/Push';
/** Metadata that names the proxy; it must have an ADS stream, opened with the same token. */
export const proxyIdHeader = 'x-heddle-proxy-id';
export const maxFrameBytes = 1024 * 1024;

export function serveTelemetry(
  call: ServerReadableStream<Buffer, Buffer>,
  reply: sendUnaryData<Buffer>,
  ads: AdsService,
  hooks: Pick<AdsHooks, 'telemetry'>,
): void {
  const header = call.metadata.get(proxyIdHeader)[0];
  const proxyId = typeof header === 'string' ? header : '';
  const token = bearerToken(call.metadata);
  let isEnded = false;
  const end = (code: status, details: string) => {
    if (!isEnded) reply({ code, details });
    isEnded = true;
  };
  call.on('data', (frame: Buffer) => {
    if (isEnded) return;
    if (!ads.isBound(proxyId, token)) {
      end(status.UNAUTHENTICATED, `no ADS stream of "${proxyId}" with this token`);
    } else if (frame.length > maxFrameBytes) {
      end(status.RESOURCE_EXHAUSTED, `a frame of ${frame.length} bytes: expected at most ${maxFrameBytes}`);
    } else {
      try {
        hooks.telemetry(proxyId, frame);
      } catch (error) {
        end(status.INVALID_ARGUMENT, error instanceof Error ? error.message : String(error));
      }
    }
  });
  call.on('end', () => {
    if (!isEnded) reply(null, Buffer.alloc(0));
    isEnded = true;
  });
  call.on('error', () => {
    isEnded = true;
  });
}
