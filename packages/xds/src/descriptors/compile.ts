/**
 * Compiles the .proto files of Envoy's API, which `@grpc/grpc-js-xds` ships, to one file of descriptors.
 *
 * The result is not committed. `npm ci` makes it (scripts/postinstall.mjs), and whoever finds it missing makes it again.
 * Its name is a hash of what went in, so that an upgrade of the API never meets the old descriptors.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, isFieldSet, toBinary } from '@bufbuild/protobuf';
import {
  FieldOptionsSchema,
  FileDescriptorSetSchema,
  MessageOptionsSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';

/** The messages we speak; what they refer to comes along. */
const roots = [
  'envoy.config.core.v3.Node',
  'envoy.config.listener.v3.Listener',
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.route.v3.FilterConfig',
  'envoy.config.cluster.v3.Cluster',
  'envoy.config.endpoint.v3.ClusterLoadAssignment',
  'envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig',
  'envoy.extensions.transport_sockets.tls.v3.Secret',
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  'envoy.extensions.filters.network.rbac.v3.RBAC',
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
  'envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
  'envoy.extensions.filters.http.fault.v3.HTTPFault',
  'envoy.extensions.filters.http.cors.v3.Cors',
  'envoy.extensions.filters.http.cors.v3.CorsPolicy',
  'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
  'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
  'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
  'envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig',
  'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
  'envoy.extensions.filters.http.oauth2.v3.OAuth2',
  'envoy.extensions.filters.http.rbac.v3.RBAC',
  'envoy.extensions.filters.http.rbac.v3.RBACPerRoute',
  'envoy.extensions.filters.http.router.v3.Router',
  'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol',
  'envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit',
  'envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig',
  'envoy.extensions.http.original_ip_detection.xff.v3.XffConfig',
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  'envoy.service.auth.v3.CheckRequest',
  'envoy.service.auth.v3.CheckResponse',
];

const entryFiles = [
  'envoy/config/core/v3/base.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/network/rbac/v3/rbac.proto',
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto',
  'envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto',
  'envoy/extensions/filters/http/fault/v3/fault.proto',
  'envoy/extensions/filters/http/cors/v3/cors.proto',
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
  'envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.proto',
  'envoy/extensions/filters/http/jwt_authn/v3/config.proto',
  'envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto',
  'envoy/extensions/filters/http/oauth2/v3/oauth.proto',
  'envoy/extensions/filters/http/rbac/v3/rbac.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/listener/original_dst/v3/original_dst.proto',
  'envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.proto',
  'envoy/extensions/filters/network/connection_limit/v3/connection_limit.proto',
  'envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header.proto',
  'envoy/extensions/http/original_ip_detection/xff/v3/xff.proto',
  'envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto',
  'envoy/extensions/path/match/uri_template/v3/uri_template_match.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
  'envoy/service/auth/v3/external_auth.proto',
];

const importRoots = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'];

const require = createRequire(import.meta.url);

/** Path of the compiled descriptors, compiling them first if they are missing: about a second, once. */
export function ensureDescriptors(): string {
  const depsFolder = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps');
  const path = join(generatedFolder(), `envoy-${inputsHash()}.binpb`);
  if (existsSync(path)) return path;
  const bytes = compile(depsFolder);
  mkdirSync(dirname(path), { recursive: true });
  // Several processes may get here at once: each renames a whole file into place, the last one wins with equal bytes.
  const unfinished = `${path}.${randomUUID()}`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, path);
  return path;
}

function generatedFolder(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'generated');
}

function inputsHash(): string {
  const version = readFileSync(require.resolve('@grpc/grpc-js-xds/package.json'), 'utf8');
  const self = readFileSync(fileURLToPath(import.meta.url));
  return createHash('sha256').update(version).update(self).digest('hex').slice(0, 12);
}

function compile(depsFolder: string): Uint8Array {
  const workFolder = mkdtempSync(join(tmpdir(), 'heddle-protos-'));
  try {
    const sourceFolder = join(workFolder, 'protos');
    copyImportClosure(depsFolder, sourceFolder);
    const output = join(workFolder, 'all.binpb');
    const args = ['build', sourceFolder, '--exclude-source-info', '--as-file-descriptor-set', '-o', output];
    for (const type of roots) args.push('--type', type);
    // The cache goes to the work folder too: buf must not depend on a writable home directory.
    execFileSync(bufBinary(), args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, BUF_CACHE_DIR: join(workFolder, 'cache') },
    });
    return withoutOptions(readFileSync(output));
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

function copyImportClosure(depsFolder: string, sourceFolder: string): void {
  const queue = [...entryFiles];
  const seen = new Set(queue);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const text = readProto(depsFolder, file);
    if (text === undefined) continue; // google/protobuf/*: buf has them built in
    mkdirSync(dirname(join(sourceFolder, file)), { recursive: true });
    writeFileSync(join(sourceFolder, file), text);
    for (const [, imported] of text.matchAll(/^import (?:public )?"([^"]+)";/gm)) {
      if (imported === undefined || seen.has(imported)) continue;
      seen.add(imported);
      queue.push(imported);
    }
  }
}

function readProto(depsFolder: string, file: string): string | undefined {
  for (const root of importRoots) {
    const path = join(depsFolder, root, file);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    // The validate.proto that is shipped is older than the Envoy API beside it, which uses `ignore_empty`.
    return file === 'validate/validate.proto'
      ? text.replaceAll(/^message \w+Rules \{/gm, '$&\n  optional bool ignore_empty = 1000;')
      : text;
  }
  return undefined;
}

/** The binary that the platform's own npm package carries; the launcher of `@bufbuild/buf` needs its install script. */
function bufBinary(): string {
  const arch = process.platform === 'linux' && process.arch === 'arm64' ? 'aarch64' : process.arch;
  const name = process.platform === 'win32' ? 'buf.exe' : 'buf';
  const platformPackage = `@bufbuild/buf-${process.platform}-${arch === 'arm' ? 'armv7' : arch}`;
  const fromBuf = createRequire(require.resolve('@bufbuild/buf/package.json'));
  try {
    return fromBuf.resolve(`${platformPackage}/bin/${name}`);
  } catch (cause) {
    throw new Error(
      `cannot compile the Envoy API: ${platformPackage} is not installed; run npm ci without --omit=optional`,
      { cause },
    );
  }
}

/**
 * Drops custom options (validation rules, annotations) and the files that only define them: a third of the size, and of
 * the time that every proxy pays when it starts.
 */
function withoutOptions(bytes: Uint8Array): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, bytes);
  const annotations =
    /^(validate|udpa\/annotations|xds\/annotations|envoy\/annotations|google\/api(?!\/expr))\//;
  set.file = set.file.filter((file) => !annotations.test(file.name));
  for (const file of set.file) {
    file.dependency = file.dependency.filter((name) => !annotations.test(name));
    file.publicDependency = [];
    file.weakDependency = [];
    file.service = [];
    file.extension = [];
    dropFileOptions(file);
    file.messageType.forEach(dropMessageOptions);
    // Of types that nobody here may know, and without a reader: JSON could not tell them.
    if (file.name === 'google/rpc/status.proto') {
      for (const { field } of file.messageType)
        field.splice(0, field.length, ...field.filter(({ name }) => name !== 'details'));
    }
  }
  return toBinary(FileDescriptorSetSchema, set);
}

function dropFileOptions(file: FileDescriptorProto): void {
  file.options = undefined;
  for (const type of file.enumType) {
    type.options = undefined;
    for (const value of type.value) value.options = undefined;
  }
}

function dropMessageOptions(message: DescriptorProto): void {
  // These two change how bytes are read; everything else is advice.
  message.options = message.options?.mapEntry ? create(MessageOptionsSchema, { mapEntry: true }) : undefined;
  for (const field of message.field) {
    const saysPacked =
      field.options !== undefined && isFieldSet(field.options, FieldOptionsSchema.field.packed);
    field.options = saysPacked
      ? create(FieldOptionsSchema, { packed: field.options?.packed ?? false })
      : undefined;
  }
  for (const oneof of message.oneofDecl) oneof.options = undefined;
  for (const type of message.enumType) {
    type.options = undefined;
    for (const value of type.value) value.options = undefined;
  }
  message.nestedType.forEach(dropMessageOptions);
}
