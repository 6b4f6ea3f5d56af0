import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProxySnapshot } from '@heddle/traffic';
import type { IdentityMaterial } from '../identity/identity.ts';

const snapshotFile = 'snapshot.json';
const identityFile = 'identity.json';

/**
 * The last good snapshot and identity on disk, so that a proxy which starts while the control plane is away serves at once.
 * Readable by its owner only: the private key is in it.
 */
export class StateDir {
  readonly #path: string;
  #writes: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  saveSnapshot(snapshot: ProxySnapshot): Promise<void> {
    return this.#save(snapshotFile, snapshot);
  }

  saveIdentity({ privateKeyPem, certificateChainPem, rootsPem }: IdentityMaterial): Promise<void> {
    return this.#save(identityFile, { privateKeyPem, certificateChainPem, rootsPem });
  }

  /** @returns undefined when there is none, or it cannot be read as one */
  async loadSnapshot(): Promise<ProxySnapshot | undefined> {
    const value = await this.#load(snapshotFile);
    return isSnapshot(value) ? value : undefined;
  }

  /** @returns undefined when there is none, or it cannot be read as one */
  async loadIdentity(): Promise<IdentityMaterial | undefined> {
    const value = await this.#load(identityFile);
    return isMaterial(value) ? value : undefined;
  }

  /** One write after the other, each whole or not at all: rename is atomic, and a crash leaves the old file. */
  #save(name: string, value: object): Promise<void> {
    const write = async () => {
      await mkdir(this.#path, { recursive: true, mode: 0o700 });
      const path = join(this.#path, name);
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        await writeFile(temporary, JSON.stringify(value), { mode: 0o600, flush: true });
        await chmod(temporary, 0o600); // a leftover file would have kept its own mode
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
    };
    const done = this.#writes.then(write);
    this.#writes = done.catch(() => {}); // the caller of the failed write hears of it, the next one starts afresh
    return done;
  }

  async #load(name: string): Promise<unknown> {
    try {
      const value: unknown = JSON.parse(await readFile(join(this.#path, name), 'utf8'));
      return value;
    } catch {
      return undefined;
    }
  }
}

function isSnapshot(value: unknown): value is ProxySnapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['listeners', 'routeConfigurations', 'clusters', 'loadAssignments'].every((key) =>
      Array.isArray(Reflect.get(value, key)),
    )
  );
}

function isMaterial(value: unknown): value is IdentityMaterial {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['privateKeyPem', 'certificateChainPem', 'rootsPem'].every(
      (key) => typeof Reflect.get(value, key) === 'string',
    )
  );
}
