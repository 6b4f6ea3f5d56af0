import {
  EnvoyExtAuthzGrpc,
  EnvoyExtAuthzHttp,
  extensionProvidersWithoutEffect,
  MeshConfig,
  meshConfigFieldsForEnvoys,
  meshConfigFieldsWithoutEffect,
  proxyConfigFieldsWithoutEffect,
} from '@heddle/schema';
import { invalidMeshFields, meshConfigMap, readMeshConfig } from '../world/mesh-config.ts';
import { defaultSettings } from '../world/world.ts';
import { notYet } from './not-yet-enforced.ts';
import { type Rule, type RuleFinding, schemaWarning } from './rule.ts';

const path = 'data.mesh';
const known: ReadonlySet<string> = new Set(Object.keys(MeshConfig.properties));
const withoutEffect: ReadonlySet<string> = new Set([
  ...meshConfigFieldsWithoutEffect,
  ...meshConfigFieldsForEnvoys,
]);

/** What the mesh's own ConfigMap says: fields that do not act (HDL0020), of the wrong form, and that Istio does not have (IST0133). */
export const meshConfig: Rule = function* ({ documents }) {
  const document = meshConfigMap(documents.configMaps, defaultSettings.rootNamespace);
  if (document === undefined) return;
  const config = readMeshConfig(document);
  if (config === undefined) {
    const message = 'data.mesh is no YAML object: the mesh keeps its defaults; write a MeshConfig';
    yield [document, schemaWarning(path, message)];
    return;
  }
  for (const name of Object.keys(config)) {
    if (withoutEffect.has(name)) yield [document, notYet(path, `${name} of the mesh's configuration`)];
    else if (!known.has(name)) yield [document, unknownField(name)];
  }
  for (const finding of ofDefaultConfig(config['defaultConfig'])) yield [document, finding];
  for (const finding of ofProviders(config['extensionProviders'])) yield [document, finding];
  for (const finding of ofTrafficPolicy(config['outboundTrafficPolicy'])) yield [document, finding];
  for (const name of invalidMeshFields(config)) {
    const message = `${name} has the wrong form and is left out; see istio.mesh.v1alpha1.MeshConfig`;
    yield [document, schemaWarning(path, message)];
  }
};

const actsOfProxyConfig: ReadonlySet<string> = new Set(['tracing', 'gatewayTopology']);

/** ProxyConfig: of all that it says about a proxy the share of traces and the hops before gateways act. */
function* ofDefaultConfig(config: unknown): Iterable<RuleFinding> {
  for (const name of fieldsOf(config)) {
    const full = `defaultConfig.${name}`;
    if (proxyConfigFieldsWithoutEffect.includes(name)) yield notYet(path, full);
    else if (!actsOfProxyConfig.has(name)) yield unknownField(full);
  }
  for (const name of fieldsOf(memberOf(config, 'tracing'))) {
    if (name !== 'sampling') yield notYet(path, `defaultConfig.tracing.${name}`);
  }
  for (const name of fieldsOf(memberOf(config, 'gatewayTopology'))) {
    if (name !== 'numTrustedProxies') yield notYet(path, `defaultConfig.gatewayTopology.${name}`);
  }
}

/** A misspelt field of an authorizer would change what it is asked, or what is asked of it. */
function* ofProviders(providers: unknown): Iterable<RuleFinding> {
  if (!Array.isArray(providers)) return;
  for (const [i, provider] of providers.entries()) {
    const full = `extensionProviders[${i}]`;
    for (const name of fieldsOf(provider)) {
      const fields = name === 'name' ? [] : authorizerFields.get(name);
      if (extensionProvidersWithoutEffect.includes(name)) yield notYet(path, `${full}.${name}`);
      else if (fields === undefined) yield unknownField(`${full}.${name}`);
      else {
        const said = fieldsOf(memberOf(provider, name)).filter((field) => !fields.includes(field));
        for (const field of said) yield unknownField(`${full}.${name}.${field}`);
      }
    }
  }
}

const authorizerFields: ReadonlyMap<string, readonly string[]> = new Map([
  ['envoyExtAuthzHttp', Object.keys(EnvoyExtAuthzHttp.properties)],
  ['envoyExtAuthzGrpc', Object.keys(EnvoyExtAuthzGrpc.properties)],
]);

function* ofTrafficPolicy(policy: unknown): Iterable<RuleFinding> {
  if (memberOf(policy, 'mode') === 'ALLOW_ANY_DYNAMIC_DNS') {
    yield notYet(path, 'ALLOW_ANY_DYNAMIC_DNS (it is taken for ALLOW_ANY)');
  }
  for (const name of fieldsOf(policy)) {
    if (name !== 'mode') yield notYet(path, `outboundTrafficPolicy.${name}`);
  }
}

function fieldsOf(value: unknown): string[] {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
}

function memberOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object'
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function unknownField(name: string): RuleFinding {
  return schemaWarning(path, `MeshConfig has no field ${name}: it changes nothing; check the name`);
}
