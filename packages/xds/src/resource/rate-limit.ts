/**
 * Limits of a route <-> the per-route LocalRateLimit of `envoy.filters.http.local_ratelimit`, and `rate_limits` of the route. They
 * travel whole in the route's metadata, too, because Envoy tells what a limit is for by actions from which it cannot be read back.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import type { GlobalRateLimit, LocalRateLimit, RateLimitMatch, Route, TokenBucket } from '@heddle/traffic';
import { decodeDuration, encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { decodeStringMatch, encodeStringMatch } from './string-match.ts';

export const localRateLimitFilter = 'envoy.filters.http.local_ratelimit';
const type = 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
const statPrefix = 'http_local_rate_limiter';
/** Local limits are counted in the first stage; the ones of a service are kept apart from them. */
const globalStage = 1;
/** As good as none: what Envoy needs for a bucket that nobody asked for. */
const unlimited: TokenBucket = {
  maxTokens: 4_294_967_295,
  tokensPerFill: 4_294_967_295,
  fillIntervalMs: 1000,
};

/** Stands in the chain; it limits nothing by itself. */
export const emptyLocalRateLimit: JsonObject = {
  name: localRateLimitFilter,
  typedConfig: { '@type': type, statPrefix },
};

/** The route's `typed_per_filter_config`. */
export function encodeLocalRateLimit(limit: LocalRateLimit | undefined): JsonObject {
  if (limit === undefined) return {};
  const always = { defaultValue: { numerator: 100, denominator: 'HUNDRED' } };
  return {
    [localRateLimitFilter]: {
      '@type': type,
      statPrefix,
      tokenBucket: encodeBucket(limit.bucket ?? unlimited),
      filterEnabled: always,
      filterEnforced: always,
      descriptors: limit.rules.flatMap(({ matches, bucket, isShadow }, rule) => {
        const actions = isShadow ? undefined : encodeActions(matches, 'local', rule);
        if (actions === undefined) return [];
        const entries = matches.map((match, i) => entryOf(match, nameOf('local', rule, i)));
        return [{ entries, tokenBucket: encodeBucket(bucket) }];
      }),
      alwaysConsumeDefaultTokenBucket: false,
      enableXRatelimitHeaders: limit.tellsLimits ? 'DRAFT_VERSION_03' : 'OFF',
    },
  };
}

/** `rate_limits` of the route's action; a rule that Envoy has no words for limits nothing there. */
export function encodeRateLimits({
  localRateLimit,
  globalRateLimit,
}: Pick<Route, 'localRateLimit' | 'globalRateLimit'>): JsonObject[] {
  return [
    ...(localRateLimit?.rules ?? []).flatMap(({ matches, isShadow }, rule) => {
      const actions = isShadow ? undefined : encodeActions(matches, 'local', rule);
      return actions === undefined ? [] : [{ actions }];
    }),
    ...(globalRateLimit?.rules ?? []).flatMap(({ name, matches }, rule) => {
      const actions = encodeActions(matches, 'global', rule);
      const named = { genericKey: { descriptorKey: name, descriptorValue: name } };
      return actions === undefined ? [] : [{ stage: globalStage, actions: [named, ...actions] }];
    }),
  ];
}

export function encodeRateLimitMetadata({
  localRateLimit,
  globalRateLimit,
}: Pick<Route, 'localRateLimit' | 'globalRateLimit'>): Record<string, JsonObject | undefined> {
  return {
    localRateLimit:
      localRateLimit &&
      definedFields({
        bucket: localRateLimit.bucket && encodeBucket(localRateLimit.bucket),
        rules: localRateLimit.rules.map(({ matches, bucket, isShadow }) => ({
          matches: matches.map(encodeMatch),
          bucket: encodeBucket(bucket),
          isShadow,
        })),
        tellsLimits: localRateLimit.tellsLimits,
        from: encodeOrigins(localRateLimit.from),
      }),
    globalRateLimit:
      globalRateLimit &&
      definedFields({
        rules: globalRateLimit.rules.map(({ matches, ...rule }) => ({
          ...rule,
          matches: matches.map(encodeMatch),
        })),
        from: encodeOrigins(globalRateLimit.from),
      }),
  };
}

export function decodeRateLimits(metadata: FieldReader): Pick<Route, 'localRateLimit' | 'globalRateLimit'> {
  const local = metadata.field('localRateLimit');
  const global = metadata.field('globalRateLimit');
  return {
    ...(local.isPresent ? { localRateLimit: decodeLocal(local) } : {}),
    ...(global.isPresent ? { globalRateLimit: decodeGlobal(global) } : {}),
  };
}

function decodeLocal(limit: FieldReader): LocalRateLimit {
  return {
    ...(limit.has('bucket') ? { bucket: decodeBucket(limit.field('bucket')) } : {}),
    rules: limit.list('rules').map((rule) => ({
      matches: rule.list('matches').map(decodeMatch),
      bucket: decodeBucket(rule.field('bucket')),
      isShadow: rule.boolean('isShadow'),
    })),
    tellsLimits: limit.boolean('tellsLimits'),
    from: decodeOrigins(limit),
  };
}

const units = ['Second', 'Minute', 'Hour', 'Day', 'Week', 'Month', 'Year'] as const;

function decodeGlobal(limit: FieldReader): GlobalRateLimit {
  return {
    rules: limit.list('rules').map((rule) => ({
      name: rule.string('name'),
      matches: rule.list('matches').map(decodeMatch),
      requests: rule.number('requests'),
      unit: rule.oneOf('unit', units, 'Second'),
      isShared: rule.boolean('isShared'),
      isShadow: rule.boolean('isShadow'),
    })),
    from: decodeOrigins(limit),
  };
}

function encodeBucket({ maxTokens, tokensPerFill, fillIntervalMs }: TokenBucket): JsonObject {
  return { maxTokens, tokensPerFill, fillInterval: encodeDuration(fillIntervalMs) };
}

function decodeBucket(bucket: FieldReader): TokenBucket {
  return {
    maxTokens: bucket.number('maxTokens'),
    tokensPerFill: bucket.number('tokensPerFill', 1),
    fillIntervalMs: decodeDuration(bucket, 'fillInterval'),
  };
}

function nameOf(stage: 'local' | 'global', rule: number, match: number): string {
  return `${stage}-rule-${rule}-match-${match}`;
}

/** @returns undefined for a rule that Envoy has no words for */
function encodeActions(
  matches: readonly RateLimitMatch[],
  stage: 'local' | 'global',
  rule: number,
): JsonObject[] | undefined {
  const actions = matches.map((match, i) => actionOf(match, nameOf(stage, rule, i)));
  const told = actions.filter((action) => action !== undefined);
  return told.length === 0 || told.length < actions.length ? undefined : told;
}

/** Envoy has no words for all addresses but those of a block, nor for each value of a parameter. */
function actionOf(match: RateLimitMatch, name: string): JsonObject | undefined {
  switch (match.kind) {
    case 'header':
      return {
        headerValueMatch: {
          descriptorKey: name,
          descriptorValue: name,
          expectMatch: !match.invert,
          headers: [{ name: match.name, stringMatch: encodeStringMatch(match.match) }],
        },
      };
    case 'each-header':
      return { requestHeaders: { headerName: match.name, descriptorKey: name } };
    case 'query':
      return {
        queryParameterValueMatch: {
          descriptorKey: name,
          descriptorValue: name,
          expectMatch: !match.invert,
          queryParameters: [{ name: match.name, stringMatch: encodeStringMatch(match.match) }],
        },
      };
    case 'source-ip': {
      if (match.invert) return undefined;
      const length = Number(match.block.split('/')[1]);
      return {
        maskedRemoteAddress: { [match.block.includes(':') ? 'v6PrefixMaskLen' : 'v4PrefixMaskLen']: length },
      };
    }
    case 'each-source-ip':
      return { remoteAddress: {} };
    case 'each-query':
      return undefined;
  }
}

/** What the action makes of a request that the match is for; without a value every one is counted by itself. */
function entryOf(match: RateLimitMatch, name: string): JsonObject {
  switch (match.kind) {
    case 'header':
    case 'query':
      return { key: name, value: name };
    case 'each-header':
    case 'each-query':
      return { key: name };
    case 'source-ip':
      return { key: 'masked_remote_address', value: match.block };
    case 'each-source-ip':
      return { key: 'remote_address' };
  }
}

function encodeMatch(match: RateLimitMatch): JsonObject {
  return match.kind === 'header' || match.kind === 'query'
    ? { ...match, match: encodeStringMatch(match.match) }
    : { ...match };
}

const matchKinds = [
  'header',
  'each-header',
  'query',
  'each-query',
  'source-ip',
  'each-source-ip',
] as const satisfies readonly RateLimitMatch['kind'][];

function decodeMatch(match: FieldReader): RateLimitMatch {
  if (!match.has('kind')) return match.fail('expected a kind');
  const kind = match.oneOf('kind', matchKinds, 'header');
  switch (kind) {
    case 'header':
    case 'query':
      return {
        kind,
        name: match.string('name'),
        match: decodeStringMatch(match.field('match')),
        invert: match.boolean('invert'),
      };
    case 'each-header':
    case 'each-query':
      return { kind, name: match.string('name') };
    case 'source-ip':
      return { kind, block: match.string('block'), invert: match.boolean('invert') };
    case 'each-source-ip':
      return { kind };
  }
}
