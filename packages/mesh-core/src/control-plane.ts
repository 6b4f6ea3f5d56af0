/** The control plane as its callers see it: writes, plans and rollbacks in; snapshots out to the proxies. */
import type { DocumentDiff, Finding, Plan, PushStatus, ResourceKey } from '@heddle/schema';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { diffDocument } from './changes/diff.ts';
import { IrDiff } from './changes/ir-diff.ts';
import { changeTitle } from './changes/title.ts';
import { Compiler, Interner, type Published } from './compile/snapshot.ts';
import { shownText, withStoredValues } from './documents/hidden-values.ts';
import { keyText, keyWords } from './documents/key.ts';
import { type LineFinder, lineFinder, type ParsedDocument, parseDocuments } from './documents/parse.ts';
import { type DebounceTimers, LeadingDebounce } from './leading-debounce.ts';
import { PushTracker } from './push-tracker.ts';
import { InstanceRegistry } from './registry/registry.ts';
import {
  type ChangeMeta,
  type ConfigStore,
  type DocumentWrite,
  type RecordedChange,
  type StoredDocument,
  staleWrite,
} from './store/config-store.ts';
import { isRefused } from './validate/refusal.ts';
import { validateWorld, withLines } from './validate/validate.ts';
import { areSame } from './world/document-memo.ts';
import type { WorkloadInstance } from './world/instance.ts';
import { defaultSettings, type MeshSettings, World } from './world/world.ts';

export interface ControlPlaneOptions {
  readonly store: ConfigStore;
  readonly timers: DebounceTimers;
  /** Hands a proxy its newest snapshot; called also when only the revision has moved. */
  readonly publish: (
    proxyId: string,
    snapshot: ProxySnapshot,
    revision: number,
    secrets: readonly TlsSecret[],
  ) => void;
  readonly settings?: MeshSettings;
}

interface Written extends DocumentWrite {
  /** Of the text that it came in; absent: of its own. */
  readonly lines?: () => LineFinder;
}

interface StoredFindings {
  /** By `keyText`, without lines. */
  readonly found: ReadonlyMap<string, readonly Finding[]>;
  /** Those that were asked for, with lines. */
  readonly located: Map<string, readonly Finding[]>;
}

/** Who writes, by which way, and why. */
export type WriteMeta = Pick<ChangeMeta, 'actor' | 'via' | 'reason'>;

export type WriteOutcome =
  | {
      readonly kind: 'written';
      readonly revision: number;
      readonly findings: readonly Finding[];
      readonly changed: boolean;
    }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] }
  | { readonly kind: 'conflict'; readonly key: ResourceKey; readonly currentRevision: number }
  | { readonly kind: 'missing'; readonly what: string };

export type ControlPlaneEvent =
  | { readonly kind: 'change'; readonly revision: number }
  /** The push of a revision has moved on. */
  | { readonly kind: 'push'; readonly revision: number }
  | { readonly kind: 'instances' };

const instanceRecords = 'instance';

export class ControlPlane {
  readonly store: ConfigStore;
  readonly settings: MeshSettings;
  readonly registry: InstanceRegistry;
  readonly #options: ControlPlaneOptions;
  readonly #pushes: PushTracker;
  readonly #interner = new Interner();
  readonly #published = new Map<string, Published>();
  readonly #listeners = new Set<(event: ControlPlaneEvent) => void>();
  readonly #endpointQueue: LeadingDebounce;
  #world: World;
  #findings: StoredFindings | undefined;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.store = options.store;
    this.settings = options.settings ?? defaultSettings;
    this.#pushes = new PushTracker(options.timers.now);
    this.#endpointQueue = new LeadingDebounce(() => this.#recompile(this.#storedWorld()), options.timers);
    this.registry = new InstanceRegistry({
      ...options.timers,
      known: knownInstances(options.store),
      changed: () => {
        this.#endpointQueue.trigger();
        this.#emit({ kind: 'instances' });
      },
    });
    this.#world = this.#buildWorld(this.store.list());
  }

  get world(): World {
    return this.#world;
  }

  subscribe(listener: (event: ControlPlaneEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: ControlPlaneEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  // Proxies

  /** A proxy has come: it gets its snapshot at once, everybody else hears of its endpoint. */
  connected(instance: WorkloadInstance): void {
    this.store.writeRecord(instanceRecords, instance.id, instance);
    this.registry.connected(instance);
    this.#published.delete(instance.id);
    this.#recompile(this.#storedWorld());
  }

  disconnected(proxyId: string): void {
    this.registry.disconnected(proxyId);
  }

  accepted(proxyId: string, revision: number): void {
    for (const moved of this.#pushes.accepted(proxyId, revision))
      this.#emit({ kind: 'push', revision: moved });
  }

  refused(proxyId: string, revision: number, reason: string): void {
    if (this.#pushes.refused(proxyId, revision, reason)) this.#emit({ kind: 'push', revision });
  }

  pushStatus(revision: number): PushStatus | null {
    return this.#pushes.status(revision);
  }

  // Configuration

  /** Findings of a stored document, as of now. */
  findingsOf({ key, yaml }: Pick<StoredDocument, 'key' | 'yaml'>): readonly Finding[] {
    const id = keyText(key);
    const { found, located } = this.#allFindings();
    const known = located.get(id);
    if (known !== undefined) return known;
    const own = withLines(found.get(id) ?? [], () => lineFinder(yaml));
    located.set(id, own);
    return own;
  }

  /** Findings of everything that is stored, without their lines, by `keyText`: the same map until something changes. */
  get findings(): ReadonlyMap<string, readonly Finding[]> {
    return this.#allFindings().found;
  }

  #allFindings(): StoredFindings {
    this.#findings ??= { found: validateWorld(this.#world, this.store.list()), located: new Map() };
    return this.#findings;
  }

  /**
   * Creates or replaces documents, all or none.
   * @param expect the only document that the text may hold, with the revision it was read at
   */
  apply(
    text: string,
    meta: WriteMeta,
    expect: { readonly key?: ResourceKey; readonly baseRevision?: number } = {},
  ): WriteOutcome {
    const parsed = parseDocuments(
      text,
      expect.key === undefined ? {} : { defaultNamespace: expect.key.namespace },
    );
    const complete = this.#withStoredValues(parsed.documents);
    const findings = [
      ...parsed.findings,
      ...unexpected(parsed.documents, expect.key),
      ...repeated(parsed.documents),
      ...complete.findings,
    ];
    if (hasError(findings)) return { kind: 'invalid', findings };
    if (parsed.documents.length === 0) {
      const none: Finding = {
        code: 'HDL0010',
        severity: 'error',
        path: '',
        message: 'no document of the mesh in the text',
      };
      return { kind: 'invalid', findings: [none, ...findings] };
    }
    const writes = complete.documents.map(({ key, apiVersion, yaml, object, lines }): Written => ({
      key,
      apiVersion,
      yaml,
      object,
      lines,
      ...(expect.baseRevision === undefined ? {} : { baseRevision: expect.baseRevision }),
    }));
    const outcome = this.#write(writes, { ...meta, rollbackOf: null });
    return outcome.kind === 'written'
      ? { ...outcome, findings: [...findings, ...outcome.findings] }
      : outcome;
  }

  remove(key: ResourceKey, meta: WriteMeta, baseRevision?: number): WriteOutcome {
    const stored = this.store.get(key);
    if (stored === undefined) return { kind: 'missing', what: keyWords(key) };
    const write: Written = {
      key,
      apiVersion: stored.apiVersion,
      yaml: null,
      object: null,
      ...(baseRevision === undefined ? {} : { baseRevision }),
    };
    return this.#write([write], { ...meta, rollbackOf: null });
  }

  /** A new change that puts every document of a change back to what it was before it. */
  rollback(revision: number, meta: WriteMeta): WriteOutcome {
    const change = this.store.change(revision);
    if (change === undefined) return { kind: 'missing', what: `revision ${revision}` };
    const writes: Written[] = [];
    for (const { key, apiVersion, before } of change.documents) {
      const [document] =
        before === null ? [] : parseDocuments(before, { defaultNamespace: key.namespace }).documents;
      if (before !== null && document === undefined)
        return { kind: 'missing', what: `a readable text of ${keyWords(key)}` };
      writes.push({ key, apiVersion, yaml: before, object: document?.object ?? null });
    }
    return this.#write(writes, { ...meta, rollbackOf: revision });
  }

  #write(writes: readonly Written[], meta: WriteMeta & { rollbackOf: number | null }): WriteOutcome {
    const startedAtMs = this.#options.timers.now();
    // A stale base is told before anything else: the findings may come from what somebody else has changed.
    const conflict = staleWrite(this.store, writes);
    if (conflict !== undefined) return conflict;
    const candidate = this.store.after(writes);
    const world = this.#buildWorld(candidate);
    const after = validateWorld(world, candidate);
    const findings = this.#newFindings(after, candidate, writes);
    if (hasError(findings)) return { kind: 'invalid', findings };
    const title = changeTitle(
      writes
        .filter(({ key, yaml }) => (this.store.get(key)?.yaml ?? null) !== yaml)
        .map(({ key, object }) => ({ key, before: this.store.get(key)?.object ?? null, after: object })),
    );
    const result = this.store.commit(writes, { ...meta, title, findings });
    if (result.kind === 'conflict') return result;
    if (result.kind === 'unchanged')
      return { kind: 'written', revision: result.revision, findings, changed: false };
    const { revision } = result.change;
    this.#recompile(world, { revision, startedAtMs });
    // What is stored now is what was just asked about.
    this.#findings = { found: after, located: new Map() };
    this.#emit({ kind: 'change', revision });
    return { kind: 'written', revision, findings, changed: true };
  }

  /**
   * All findings of the written documents, with lines of the text they came in, and the errors they would cause in others, which
   * have no line in it.
   */
  #newFindings(
    after: ReadonlyMap<string, readonly Finding[]>,
    candidate: readonly StoredDocument[],
    writes: readonly Written[],
  ): Finding[] {
    const written = new Map(writes.map(({ key, lines }) => [keyText(key), lines]));
    const before = this.findings;
    return candidate.flatMap(({ key, yaml }) => {
      const id = keyText(key);
      const known = new Set((before.get(id) ?? []).map(({ code, path }) => `${code} ${path}`));
      const told = (after.get(id) ?? []).filter(
        ({ code, path, severity }) =>
          written.has(id) || (severity === 'error' && !known.has(`${code} ${path}`)),
      );
      if (!written.has(id)) return told;
      return withLines(told, written.get(id) ?? (() => lineFinder(yaml)));
    });
  }

  /** What a write would do, but for the forecast; nothing is written. */
  plan(text: string): Omit<Plan, 'forecast'> & { readonly documents: readonly ParsedDocument[] } {
    const started = performance.now();
    const parsed = parseDocuments(text);
    const { documents, findings: placeholderFindings } = this.#withStoredValues(parsed.documents);
    const writes = documents.map(({ key, apiVersion, yaml, object, lines }): Written => ({
      key,
      apiVersion,
      yaml,
      object,
      lines,
    }));
    const candidate = this.store.after(writes);
    const world = this.#buildWorld(candidate);
    const findings = [
      ...parsed.findings,
      ...repeated(documents),
      ...placeholderFindings,
      ...this.#newFindings(validateWorld(world, candidate), candidate, writes),
    ];
    return {
      valid: !hasError(findings),
      baseRevision: this.store.revision,
      findings,
      diff: documents.map(({ key, yaml }): DocumentDiff =>
        diffShown(key, this.store.get(key)?.yaml ?? null, yaml),
      ),
      ...(hasError(findings) ? { affectedProxies: [], ir: [] } : this.#effectOf(world)),
      totalProxies: world.instances.length,
      documents,
      tookMs: Math.round((performance.now() - started) * 10) / 10,
    };
  }

  #effectOf(candidate: World): Pick<Plan, 'affectedProxies' | 'ir'> {
    const interner = new Interner();
    const now = new Compiler(this.#world, interner);
    const then = new Compiler(candidate, interner);
    const affectedProxies: string[] = [];
    const diff = new IrDiff();
    for (const instance of candidate.instances) {
      const before = now.publishedFor(instance);
      const after = then.publishedFor(instance);
      const isToldOtherwise = diff.add(instance.id, before.snapshot, after.snapshot);
      // Secrets are told to nobody else.
      if (isToldOtherwise || !areSame(before.secrets, after.secrets)) affectedProxies.push(instance.id);
    }
    return { affectedProxies, ir: diff.result() };
  }

  #withStoredValues(documents: readonly ParsedDocument[]) {
    const complete = documents.map((one) => withStoredValues(one, this.store.get(one.key)));
    return {
      documents: complete.map(({ document }) => document),
      findings: complete.flatMap(({ findings }) => findings),
    };
  }

  /** The diff of a recorded change. */
  diffOf(change: RecordedChange): DocumentDiff[] {
    return change.documents.map(({ key, before, after }) => diffShown(key, before, after));
  }

  #storedWorld(): World {
    return this.#buildWorld(this.store.list());
  }

  #buildWorld(documents: readonly StoredDocument[]): World {
    return new World(documents, this.registry.list(), this.settings, this.#world);
  }

  #recompile(world: World, written?: { readonly revision: number; readonly startedAtMs: number }): void {
    this.#world = world;
    this.#findings = undefined;
    const compiler = new Compiler(this.#world, this.#interner);
    const affected = new Set<string>();
    const { instances } = this.#world;
    const snapshots = instances.map((instance) => ({
      id: instance.id,
      published: compiler.publishedFor(instance),
    }));
    this.#interner.sweep();
    for (const { id, published } of snapshots) {
      const before = this.#published.get(id);
      if (before === undefined || !isSame(before, published)) affected.add(id);
      this.#published.set(id, published);
    }
    // Told before it is sent, so that an answer cannot overtake it.
    if (written !== undefined) this.#pushes.started(written.revision, affected, written.startedAtMs);
    for (const { id, published } of snapshots) {
      if (written === undefined && !affected.has(id)) continue;
      this.#options.publish(id, published.snapshot, this.store.revision, published.secrets);
    }
    this.#forgetGone(instances);
  }

  #forgetGone(instances: readonly WorkloadInstance[]): void {
    const present = new Set(instances.map(({ id }) => id));
    for (const id of this.#published.keys()) {
      if (present.has(id)) continue;
      this.#published.delete(id);
      this.store.writeRecord(instanceRecords, id, undefined);
      for (const revision of this.#pushes.gone(id)) this.#emit({ kind: 'push', revision });
    }
  }

  close(): void {
    this.#endpointQueue.close();
    this.registry.close();
  }
}

/** Nodes are interned: the same content is the same object. */
function isSame(a: Published, b: Published): boolean {
  return (
    areSame(a.snapshot.listeners, b.snapshot.listeners) &&
    areSame(a.snapshot.routeConfigurations, b.snapshot.routeConfigurations) &&
    areSame(a.snapshot.clusters, b.snapshot.clusters) &&
    areSame(a.snapshot.loadAssignments, b.snapshot.loadAssignments) &&
    areSame(a.secrets, b.secrets)
  );
}

/** As people may see it: values of Secrets are hidden. */
function diffShown(key: ResourceKey, before: string | null, after: string | null): DocumentDiff {
  return diffDocument(key, shownText(key, before), shownText(key, after));
}

function hasError(findings: readonly Finding[]): boolean {
  return findings.some(isRefused);
}

function unexpected(documents: readonly ParsedDocument[], expected: ResourceKey | undefined): Finding[] {
  if (expected === undefined) return [];
  return documents
    .filter(({ key }) => keyText(key) !== keyText(expected))
    .map(({ key }) => ({
      code: 'HDL0014',
      severity: 'error',
      path: differing(key, expected),
      message: `the document is ${keyWords(key)} of ${key.group}, the address says ${keyWords(expected)} of ${expected.group}; make them agree`,
    }));
}

/** The first field in which a document is not what its address says. */
function differing(key: ResourceKey, expected: ResourceKey): string {
  if (key.group !== expected.group) return 'apiVersion';
  if (key.kind !== expected.kind) return 'kind';
  return key.namespace === expected.namespace ? 'metadata.name' : 'metadata.namespace';
}

function repeated(documents: readonly ParsedDocument[]): Finding[] {
  const seen = new Set<string>();
  return documents.flatMap(({ key, lines }): Finding[] => {
    const id = keyText(key);
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [
      {
        code: 'HDL0015',
        severity: 'error',
        path: 'metadata.name',
        message: `${keyWords(key)} stands twice in the text; keep one of them`,
        line: lines()('metadata.name'),
        resource: keyWords(key),
      },
    ];
  });
}

function knownInstances(store: ConfigStore): WorkloadInstance[] {
  return store.listRecords(instanceRecords).filter(isInstance);
}

/** Written by this program; a record of another version that lacks something is left out. */
function isInstance(record: unknown): record is WorkloadInstance {
  return (
    record !== null &&
    typeof record === 'object' &&
    [
      'id',
      'kind',
      'namespace',
      'workload',
      'labels',
      'serviceAccount',
      'address',
      'inboundPort',
      'appPort',
      'ready',
    ].every((field) => field in record)
  );
}
