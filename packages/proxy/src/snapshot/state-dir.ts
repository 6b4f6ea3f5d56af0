import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { jsonInChunks } from './json-in-chunks.ts';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import type { IdentityMaterial } from '../identity/identity.ts';

const snapshotFile = 'snapshot.json';
const identityFile = 'identity.json';
const secretsFile = 'secrets.json';

interface StateFile {
  unsaved: object | undefined;
  writes: Promise<void>;
  rested: Promise<void> | undefined;
}

/** A file that was written is left alone for so long: of a large mesh it is megabytes, made anew at every change. */
const restMs = 1000;

/**
 * The last good snapshot, identity and secrets on disk, so that a proxy which starts while the control plane is away serves at once.
 * Readable by its owner only: private keys are in it.
 */
export class StateDir {
  readonly #path: string;
  readonly #files = new Map<string, StateFile>();

  constructor(path: string) {
    this.#path = path;
  }

  saveSnapshot(snapshot: ProxySnapshot): Promise<void> {
    return this.#save(snapshotFile, snapshot);
  }

  saveIdentity({ privateKeyPem, certificateChainPem, rootsPem }: IdentityMaterial): Promise<void> {
    return this.#save(identityFile, { privateKeyPem, certificateChainPem, rootsPem });
  }

  saveSecrets(secrets: readonly TlsSecret[]): Promise<void> {
    return this.#save(secretsFile, secrets);
  }

  /** @returns those that can be read as one */
  async loadSecrets(): Promise<readonly TlsSecret[]> {
    const value = await this.#load(secretsFile);
    return Array.isArray(value) ? value.filter(isSecret) : [];
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

  /**
   * One write of a file after the other, each whole or not at all: rename is atomic, and a crash leaves the old one. Of what comes
   * meanwhile only the newest is written.
   */
  #save(name: string, value: object): Promise<void> {
    const file = this.#files.get(name) ?? {
      unsaved: undefined,
      writes: Promise.resolve(),
      rested: undefined,
    };
    this.#files.set(name, file);
    file.unsaved = value;
    const write = async () => {
      if (file.unsaved === undefined) return;
      await file.rested;
      const newest = file.unsaved;
      file.unsaved = undefined;
      try {
        await this.#write(name, newest);
      } catch (error) {
        file.unsaved ??= newest;
        throw error;
      } finally {
        file.rested = setTimeout(restMs, undefined, { ref: false });
      }
    };
    const done = file.writes.then(write);
    file.writes = done.catch(() => {}); // the caller of the failed write hears of it, the next one starts afresh
    return done;
  }

  async #write(name: string, value: object): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const path = join(this.#path, name);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, jsonInChunks(value), { mode: 0o600, flush: true });
      await chmod(temporary, 0o600); // a leftover file would have kept its own mode
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
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

const membersOf: Readonly<Record<Exclude<TlsSecret['kind'], 'credentials'>, readonly string[]>> = {
  certificate: ['name', 'chainPem', 'privateKeyPem'],
  authorities: ['name', 'rootsPem'],
  opaque: ['name', 'value'],
};

function isSecret(value: unknown): value is TlsSecret {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const { kind } = value;
  if (kind === 'credentials') {
    return (
      'name' in value && typeof value.name === 'string' && 'entries' in value && isEntries(value.entries)
    );
  }
  if (kind !== 'certificate' && kind !== 'authorities' && kind !== 'opaque') return false;
  return membersOf[kind].every((key) => typeof Reflect.get(value, key) === 'string');
}

function isEntries(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (one: unknown) =>
        typeof one === 'object' &&
        one !== null &&
        ['id', 'value'].every((key) => typeof Reflect.get(one, key) === 'string'),
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
