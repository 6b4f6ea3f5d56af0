/** Extension providers that are asked whether requests may pass (MeshConfig), as CUSTOM policies name them. */
import type { EnvoyExtAuthzGrpc, EnvoyExtAuthzHttp } from '@heddle/schema';
import type { Authorization, ExtAuthz, StringMatch } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import type { ConfiguredProvider } from '../../world/mesh-config.ts';
import type { MeshService, World } from '../../world/world.ts';
import { clusterName } from './destination.ts';

/** Istio's time for an answer. */
const defaultTimeoutMs = 600_000;

/** One provider as it is configured: whoever cannot be asked says why, and what its rules match is denied. */
export interface ResolvedProvider {
  readonly name: string;
  readonly authorizer: ExtAuthz | undefined;
  readonly problems: readonly ProviderProblem[];
}

export interface ProviderProblem {
  /** It asks for something that is not there; if not, what is written is wrong. */
  readonly isReference: boolean;
  readonly message: string;
}

const wrong = (message: string): ProviderProblem => ({ isReference: false, message });
const missing = (message: string): ProviderProblem => ({ isReference: true, message });

const resolved = new WeakMap<World, ResolvedProvider[]>();

/** All that are authorizers, in the order in which they are written. Of one name the last counts, as in Istio. */
export function extAuthzProviders(world: World): readonly ResolvedProvider[] {
  let providers = resolved.get(world);
  if (providers === undefined) resolved.set(world, (providers = resolveAll(world)));
  return providers;
}

/** Those that the CUSTOM rules of a workload name and that can be asked; for a filter chain. */
export function chainExtAuthz({ custom }: Authorization, world: World): { extAuthz?: readonly ExtAuthz[] } {
  const named = new Set(custom.map(({ provider }) => provider));
  const extAuthz = extAuthzProviders(world).flatMap(({ name, authorizer }) =>
    authorizer !== undefined && named.has(name) ? [authorizer] : [],
  );
  return extAuthz.length === 0 ? {} : { extAuthz };
}

/** The service that answers for an authorizer. */
export function serviceOfProvider(service: string, world: World): MeshService | undefined {
  const slash = service.indexOf('/');
  const [namespace, hostname] = [service.slice(0, Math.max(slash, 0)), service.slice(slash + 1)];
  const found = world.services.filter(
    (one) => one.hostname === hostname.toLowerCase() && (slash === -1 || one.namespace === namespace),
  );
  return found.length === 1 ? found[0] : undefined;
}

function resolveAll(world: World): ResolvedProvider[] {
  const byName = new Map<string, ResolvedProvider>();
  for (const configured of world.settings.extensionProviders) {
    const { name = '', envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc } = configured.provider;
    const said = http ?? grpc;
    if (said === undefined) continue;
    const problems = [
      ...nameProblems(name),
      ...(byName.has(name) ? [wrong(`there are several providers "${name}"; a name is for one`)] : []),
      ...commonProblems(said, world),
      ...(http === undefined ? [] : httpProblems(http)),
    ];
    const service = serviceOfProvider(said.service ?? '', world);
    const authorizer =
      problems.length > 0 || service === undefined
        ? undefined
        : { ...toAuthorizer(configured, said, service), service: serviceSettings(http, service) };
    byName.set(name, { name, authorizer, problems });
  }
  return [...byName.values()];
}

function toAuthorizer(
  { provider, from }: ConfiguredProvider,
  said: EnvoyExtAuthzGrpc,
  { hostname }: MeshService,
): Omit<ExtAuthz, 'service'> {
  const { port = 0, timeout, failOpen = false, statusOnError, clearRouteCache = false } = said;
  const body = said.includeRequestBodyInCheck;
  return {
    name: provider.name ?? '',
    cluster: clusterName(port, '', hostname),
    timeoutMs: (timeout === undefined ? undefined : durationMs(timeout)) ?? defaultTimeoutMs,
    failOpen,
    statusOnError: Number(statusOnError || 403),
    clearRouteCache,
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            maxBytes: body.maxRequestBytes ?? 0,
            allowPartial: body.allowPartialMessage ?? false,
            packAsBytes: body.packAsBytes ?? false,
          },
        }),
    from: [from],
  };
}

function serviceSettings(
  http: EnvoyExtAuthzHttp | undefined,
  { hostname }: MeshService,
): ExtAuthz['service'] {
  if (http === undefined) return { kind: 'grpc', authority: hostname };
  const included = http.includeRequestHeadersInCheck?.length
    ? http.includeRequestHeadersInCheck
    : (http.includeHeadersInCheck ?? []);
  return {
    kind: 'http',
    host: hostname,
    pathPrefix: http.pathPrefix ?? '',
    requestHeaders: included.map(nameMatch),
    addedHeaders: Object.entries(http.includeAdditionalHeadersInCheck ?? {})
      .map(([name, value]) => ({ name: name.toLowerCase(), value }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    upstreamHeadersOnAllow: (http.headersToUpstreamOnAllow ?? []).map(nameMatch),
    downstreamHeadersOnAllow: (http.headersToDownstreamOnAllow ?? []).map(nameMatch),
    downstreamHeadersOnDeny: (http.headersToDownstreamOnDeny ?? []).map(nameMatch),
  };
}

/** `abc`, `abc*` or `*abc`. */
function nameMatch(pattern: string): StringMatch {
  if (pattern.startsWith('*')) return { kind: 'suffix', value: pattern.slice(1), ignoreCase: true };
  if (pattern.endsWith('*')) return { kind: 'prefix', value: pattern.slice(0, -1), ignoreCase: true };
  return { kind: 'exact', value: pattern, ignoreCase: true };
}

function nameProblems(name: string): ProviderProblem[] {
  return /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)
    ? []
    : [
        wrong(
          `"${name}" is no name of a provider: up to 63 of a-z, 0-9 and -, with a letter or digit at both ends`,
        ),
      ];
}

/** What Envoy may answer with. */
const statuses: ReadonlySet<number> = new Set([
  100, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401,
  402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 426,
  428, 429, 431, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
]);

function commonProblems(
  { service = '', port = 0, timeout, statusOnError, includeRequestBodyInCheck: body }: EnvoyExtAuthzGrpc,
  world: World,
): ProviderProblem[] {
  const problems: ProviderProblem[] = [];
  const found = serviceOfProvider(service, world);
  if (service === '') problems.push(wrong('it names no service; write service: host or namespace/host'));
  else if (found === undefined) {
    problems.push(
      missing(
        `service "${service}" is not exactly one of the mesh; write its whole host name, and namespace/ before it where several have it`,
      ),
    );
  }
  if (port < 1 || port > 65_535) problems.push(wrong(`port ${port} is none; expected 1..65535`));
  else if (found?.ports.some((one) => one.port === port) === false) {
    problems.push(missing(`service "${service}" has no port ${port}`));
  }
  if (statusOnError && !statuses.has(Number(statusOnError))) {
    problems.push(wrong(`statusOnError "${statusOnError}" is no status of HTTP`));
  }
  const timeoutMs = timeout === undefined ? undefined : durationMs(timeout);
  if (timeoutMs !== undefined && timeoutMs < 1) {
    problems.push(wrong(`timeout ${timeout} is below 1ms`));
  }
  if (body !== undefined && (body.maxRequestBytes ?? 0) === 0) {
    problems.push(wrong('includeRequestBodyInCheck.maxRequestBytes is 0; say how much is sent along'));
  }
  return problems;
}

const headerLists = [
  'includeRequestHeadersInCheck',
  'includeHeadersInCheck',
  'headersToUpstreamOnAllow',
  'headersToDownstreamOnAllow',
  'headersToDownstreamOnDeny',
] as const satisfies readonly (keyof EnvoyExtAuthzHttp)[];

function httpProblems(provider: EnvoyExtAuthzHttp): ProviderProblem[] {
  const { pathPrefix = '' } = provider;
  const wild = headerLists.filter((list) => provider[list]?.includes('*'));
  return [
    ...(pathPrefix === '' || pathPrefix.startsWith('/')
      ? []
      : [wrong(`pathPrefix "${pathPrefix}" does not begin with /`)]),
    ...wild.map((list) => wrong(`${list} has "*" alone; write a name, or the beginning or the end of one`)),
  ];
}
