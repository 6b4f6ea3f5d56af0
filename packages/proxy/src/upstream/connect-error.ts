/** No usable connection came about: nothing of the request was sent. */
export class UpstreamConnectError extends Error {
  override readonly name = 'UpstreamConnectError';
}
