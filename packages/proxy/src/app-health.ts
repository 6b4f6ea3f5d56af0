import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { type ReadinessProbe, stableStringify } from '@heddle/traffic';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Without a probe of its own: whether it accepts connections, soon known. */
const byConnecting = {
  initialDelayMs: 0,
  periodMs: 250,
  timeoutMs: 250,
  successThreshold: 1,
  failureThreshold: 2,
} as const;

/**
 * Whether the application is ready. Unless it has a probe, by a TCP connect every 250 ms: two failures in a row make it unhealthy,
 * one success healthy again; a refused request counts as both failures at once. With a probe, by what that asks.
 */
export class AppHealth {
  readonly #address: Address;
  readonly #startedAt = performance.now();
  #probe: ReadinessProbe | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** undefined: not probed yet. */
  #isHealthy: boolean | undefined;
  #listener: (isHealthy: boolean) => void = () => {};
  #failures = 0;
  #successes = 0;
  /** Of the question that is out, and no other. */
  #asked: object | undefined;
  #isClosed = false;

  constructor(address: Address) {
    this.#address = address;
    this.#start();
  }

  /**
   * Whether requests may be tried. It counts as healthy until the first probes are through; a probe only says whether requests are
   * to be sent here, those that come are served.
   */
  get isHealthy(): boolean {
    return this.#probe !== undefined || (this.#isHealthy ?? true);
  }

  /** Told at once what is known, then every change. */
  onChange(listener: (isHealthy: boolean) => void): void {
    this.#listener = listener;
    if (this.#isHealthy !== undefined) listener(this.#isHealthy);
  }

  /** @param probe undefined: a connect. The first one has to succeed before the application counts as ready. */
  use(probe: ReadinessProbe | undefined): void {
    if (this.#isClosed || stableStringify(probe ?? null) === stableStringify(this.#probe ?? null)) return;
    const isFirst = this.#probe === undefined;
    this.#probe = probe;
    this.#asked = undefined;
    this.#failures = 0;
    this.#successes = 0;
    if (isFirst) this.#set(false);
    this.#start();
  }

  reportRefused(): void {
    if (this.#probe !== undefined) return;
    this.#failures = byConnecting.failureThreshold;
    this.#set(false);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  get #settings() {
    return this.#probe ?? byConnecting;
  }

  #start(): void {
    clearTimeout(this.#timer);
    const { initialDelayMs } = this.#settings;
    const delayMs = Math.max(0, this.#startedAt + initialDelayMs - performance.now());
    if (delayMs === 0) this.#ask();
    else this.#wait(delayMs);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#ask();
    }, ms);
    this.#timer.unref();
  }

  #ask(): void {
    if (this.#isClosed) return;
    const { periodMs, timeoutMs } = this.#settings;
    this.#wait(periodMs);
    if (this.#asked !== undefined) return;
    const asked = {};
    this.#asked = asked;
    const done = (isUp: boolean) => {
      if (this.#asked !== asked || this.#isClosed) return;
      this.#asked = undefined;
      this.#count(isUp);
    };
    const check = this.#probe?.check;
    if (check?.kind === 'http') askByHttp(check, timeoutMs, done);
    else askByConnect(check ?? this.#address, timeoutMs, done);
  }

  #count(isUp: boolean): void {
    const { successThreshold, failureThreshold } = this.#settings;
    this.#successes = isUp ? this.#successes + 1 : 0;
    this.#failures = isUp ? 0 : this.#failures + 1;
    if (this.#successes >= successThreshold) this.#set(true);
    else if (this.#failures >= failureThreshold) this.#set(false);
  }

  #set(isHealthy: boolean): void {
    if (this.#isHealthy === isHealthy) return;
    this.#isHealthy = isHealthy;
    this.#listener(isHealthy);
  }
}

/** @param done called once */
function askByConnect({ host, port }: Address, timeoutMs: number, done: (isUp: boolean) => void): void {
  const socket = connect({ host, port, timeout: timeoutMs });
  socket.unref();
  let isUp = false;
  socket.on('connect', () => {
    isUp = true;
    socket.destroy();
  });
  socket.on('timeout', () => socket.destroy());
  socket.on('error', () => {});
  socket.on('close', () => {
    done(isUp);
  });
}

/** @param done called once */
function askByHttp(
  { scheme, host, port, path, headers }: Extract<ReadinessProbe['check'], { kind: 'http' }>,
  timeoutMs: number,
  done: (isUp: boolean) => void,
): void {
  const ask = scheme === 'https' ? httpsRequest : httpRequest;
  let isUp = false;
  try {
    const request = ask({
      host,
      port,
      path,
      headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      agent: false,
      // As the kubelet does: the probe asks whether it answers, not who it is.
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on('response', (response) => {
      const { statusCode = 0 } = response;
      isUp = statusCode >= 200 && statusCode < 400;
      response.on('error', () => {});
      response.resume();
    });
    request.on('error', () => {});
    request.on('close', () => {
      done(isUp);
    });
    request.end();
  } catch {
    // A path or header that cannot be sent.
    done(false);
  }
}
