/** What the caller wrote wrongly: told in one line, exit code 2. */
export class UsageError extends Error {}

/** A failure that has its whole story in its message: told without a stack, exit code 1. */
export class CommandError extends Error {}

export function portOption(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65535) {
    throw new UsageError(`--${name} ${value}: expected a port from 0 (any free one) to 65535`);
  }
  return port;
}

export function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

/** `HOST:PORT`, or `PORT` on loopback. */
export function hostPort(name: string, value: string): { host: string; port: number } {
  const colon = value.lastIndexOf(':');
  const host = colon === -1 ? '127.0.0.1' : value.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(value.slice(colon + 1));
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UsageError(`--${name} ${value}: expected HOST:PORT, such as 127.0.0.1:9080`);
  }
  return { host, port };
}

/** `app=reviews,version=v1`. */
export function labelsOption(value: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of (value ?? '').split(',').filter((part) => part !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UsageError(`--labels ${value}: expected name=value,name=value`);
    labels[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return labels;
}
