/** What a decoder cannot make sense of: the sender is told which resource and which field, the caller keeps the old. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'XDS_DECODE';
  /** Such as `RouteConfiguration "9080"`. */
  readonly resource: string;

  constructor(resource: string, reason: string, options?: ErrorOptions) {
    super(`${resource}: ${reason}`, options);
    this.resource = resource;
  }
}
