/** `%%`, `%COMMAND%`, `%COMMAND(argument)%`, `%COMMAND(argument):length%`. */
const part = /%%|%([A-Z][A-Z0-9_]*)(?:\(([^()%]*)\))?(?::(\d+))?%/g;

/**
 * The value of a header as a mutation writes it: commands are replaced by what they mean for the request, `%%` is a percent sign.
 *
 * @param commandValue what a command means; undefined where nobody can say, and the command stays as it is written
 * @see Envoy, custom request/response headers and command operators
 */
export function formatHeader(
  format: string,
  commandValue: (command: string, argument: string) => string | undefined,
): string {
  if (!format.includes('%')) return format;
  return format.replaceAll(part, (written, command?: string, argument = '', length?: string) => {
    if (command === undefined) return '%';
    const value = commandValue(command, argument);
    if (value === undefined) return written;
    return length === undefined ? value : value.slice(0, Number(length));
  });
}

/**
 * What commands say of a request alone: `%REQ(name?other)%` is a header, and empty where the request has neither; `%PROTOCOL%`.
 *
 * @param header value of a request's header or pseudo header; the name is in lower case
 */
export function requestCommand(
  command: string,
  argument: string,
  header: (name: string) => string | undefined,
): string | undefined {
  if (command !== 'REQ') return undefined;
  const [name = '', other = ''] = argument.toLowerCase().split('?');
  return header(name) ?? header(other) ?? '';
}
