import { connect } from 'node:net';

const intervalMs = 250;
const timeoutMs = 250;
const failuresToUnhealthy = 2;

/**
 * Whether the application accepts connections: a TCP connect every 250 ms. Two failures in a row make it unhealthy,
 * one success healthy again; a refused request counts as both failures at once.
 */
export class AppHealth {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #timer: NodeJS.Timeout;
  /** undefined: not probed yet. */
  #isHealthy: boolean | undefined;
  #listener: (isHealthy: boolean) => void = () => {};
  #failures = 0;
  #isProbing = false;
  #isClosed = false;

  constructor(address: { readonly host: string; readonly port: number }) {
    this.#address = address;
    this.#timer = setInterval(() => {
      this.#probe();
    }, intervalMs);
    this.#timer.unref();
    this.#probe();
  }

  /** It counts as healthy until the first probes are through. */
  get isHealthy(): boolean {
    return this.#isHealthy ?? true;
  }

  /** Told at once what is known, then every change. */
  onChange(listener: (isHealthy: boolean) => void): void {
    this.#listener = listener;
    if (this.#isHealthy !== undefined) listener(this.#isHealthy);
  }

  reportRefused(): void {
    this.#failures = failuresToUnhealthy;
    this.#set(false);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  #probe(): void {
    if (this.#isProbing || this.#isClosed) return;
    this.#isProbing = true;
    const socket = connect({ ...this.#address, timeout: timeoutMs });
    socket.unref();
    let isUp = false;
    socket.on('connect', () => {
      isUp = true;
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isProbing = false;
      if (this.#isClosed) return;
      this.#failures = isUp ? 0 : this.#failures + 1;
      if (isUp) this.#set(true);
      else if (this.#failures >= failuresToUnhealthy) this.#set(false);
    });
  }

  #set(isHealthy: boolean): void {
    if (this.#isHealthy === isHealthy) return;
    this.#isHealthy = isHealthy;
    this.#listener(isHealthy);
  }
}
