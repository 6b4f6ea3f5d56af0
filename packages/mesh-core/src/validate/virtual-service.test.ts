import { describe, expect, it } from 'vitest';
import { verdictOf } from './testing.ts';

const route = 'route: [{ destination: { host: reviews } }]';
const http = (rule: string) => `{ hosts: [reviews], http: [{ ${rule} }] }`;
const atGateway = (rule: string) => `{ hosts: [a.b], gateways: [edge], http: [{ ${rule} }] }`;

describe('a VirtualService', () => {
  it.each([
    http(route),
    http(`${route}, match: null, timeout: null`),
    http(`match: [{ uri: { prefix: "" } }, { headers: { ":path": {}, x-a: { exact: "" } } }], ${route}`),
    http(`match: [{ withoutHeaders: { x-a: { regex: "*" } }, port: 0 }], ${route}`),
    atGateway(`match: [{ headers: { "@request.auth.claims.sub": { exact: a } } }], ${route}`),
    http(`${route}, headers: { request: { set: { host: a, x: "%REQ(x-a)% 100%%" }, add: { y: "" } } }`),
    http(`${route}, retries: { attempts: 1000, retryOn: "5xx,503,unavailable", perTryTimeout: 1.5s }`),
    http(`${route}, fault: { abort: { httpStatus: 600 }, delay: {} }`),
    http(`${route}, fault: { abort: {} }`),
    http(`${route}, corsPolicy: { allowOrigins: [{ exact: "*" }], allowMethods: ["*"], maxAge: 1m30s }`),
    http('redirect: { redirectCode: 399, port: 0 }'),
    http('match: [{ uri: { prefix: /a } }], redirect: { prefixRewrite: /b }'),
    http('directResponse: { status: 600, body: { bytes: aGVsbG8= } }'),
    http('delegate: { name: a }, directResponse: { status: 200 }'),
    `{ http: [{ ${route} }] }`,
    `{ hosts: ["*.b", 10.0.0.1], gateways: [ns/edge, mesh], http: [{ ${route} }], exportTo: [., other] }`,
    '{ hosts: ["*.a.b"], tls: [{ match: [{ sniHosts: [c.a.b], destinationSubnets: ["::1/64"] }], route: [{ destination: { host: r } }] }] }',
    '{ hosts: [r], tcp: [{ route: [{ destination: { host: r, port: { number: 1 } }, weight: 100 }] }] }',
  ])('is valid: %s', (spec) => {
    expect(verdictOf('VirtualService', spec)).toEqual(['valid']);
  });

  it.each([
    ['{ hosts: [r] }', 'spec'],
    [http(`${route}, rewrite: {}`), 'spec.http[0].rewrite'],
    [`{ hosts: ["*"], http: [{ ${route} }] }`, 'spec.hosts[0]'],
    [`{ hosts: [a_b], http: [{ ${route} }] }`, 'spec.hosts[0]'],
    [`{ hosts: ["*.b", a.b], http: [{ ${route} }] }`, 'spec.hosts[1]'],
    [`{ hosts: [a.1], http: [{ ${route} }] }`, 'spec.hosts[0]'],
    [`{ gateways: [edge], http: [{ ${route} }] }`, 'spec.gateways'],
    [`{ hosts: [r], gateways: [a_b/c], http: [{ ${route} }] }`, 'spec.gateways[0]'],
    ['{ http: [{ delegate: { name: a }, route: [{ destination: { host: r } }] }] }', 'spec.http[0].delegate'],
    [http('name: nothing'), 'spec.http[0]'],
    [
      http(`match: [{ withoutHeaders: { x-a: { regex: "*", prefix: b } } }], ${route}`),
      'spec.http[0].match[0].withoutHeaders["x-a"].regex',
    ],
    [http('route: []'), 'spec.http[0].route'],
    [http(`${route}, redirect: { uri: /x }`), 'spec.http[0].route'],
    [http(`delegate: { name: a }, ${route}`), 'spec.http[0].route'],
    [http('redirect: {}'), 'spec.http[0].redirect'],
    [http('redirect: { redirectCode: 200, uri: / }'), 'spec.http[0].redirect.redirectCode'],
    [http('redirect: { uri: /, fault: {} }'), 'spec.http[0].redirect.fault'],
    [
      http('match: [{ uri: { exact: /a } }], redirect: { prefixRewrite: /b }'),
      'spec.http[0].redirect.prefixRewrite',
    ],
    [http('redirect: { scheme: ftp }'), 'spec.http[0].redirect.scheme'],
    [http('redirect: { uri: / }, fault: { abort: { httpStatus: 500 } }'), 'spec.http[0].fault'],
    [http('directResponse: { status: 199 }'), 'spec.http[0].directResponse.status'],
    [http('directResponse: { status: 200, body: { bytes: "a" } }'), 'spec.http[0].directResponse.body.bytes'],
    [http(`match: [{ uri: { exact: a, prefix: b } }], ${route}`), 'spec.http[0].match[0].uri.prefix'],
    [http(`match: [{ uri: { regex: "(?=a)" } }], ${route}`), 'spec.http[0].match[0].uri.regex'],
    [
      http(`match: [{ uri: { regex: "((a{100}){100}){100}" } }], ${route}`),
      'spec.http[0].match[0].uri.regex',
    ],
    [http(`match: [{ method: { prefix: "" } }], ${route}`), 'spec.http[0].match[0].method.prefix'],
    [http(`match: [{ headers: { "a b": {} } }], ${route}`), 'spec.http[0].match[0].headers["a b"]'],
    [
      http(`match: [{ headers: { x: { regex: "*" } } }], ${route}`),
      'spec.http[0].match[0].headers["x"].regex',
    ],
    [
      http(`match: [{ headers: { "@request.auth.claims.sub": {} } }], ${route}`),
      'spec.http[0].match[0].headers["@request.auth.claims.sub"]',
    ],
    [http(`match: [{ sourceLabels: { "a b": c } }], ${route}`), 'spec.http[0].match[0].sourceLabels["a b"]'],
    [http(`match: [{ sourceNamespace: a.b }], ${route}`), 'spec.http[0].match[0].sourceNamespace'],
    [http(`${route}, timeout: 0s`), 'spec.http[0].timeout'],
    [http(`${route}, timeout: 1500us`), 'spec.http[0].timeout'],
    [http(`${route}, timeout: 9999999h`), 'spec.http[0].timeout'],
    [http(`${route}, retries: { perTryTimeout: 1s }`), 'spec.http[0].retries.perTryTimeout'],
    [http(`${route}, retries: { attempts: 1, retryOn: "5xx, reset" }`), 'spec.http[0].retries.retryOn'],
    [http(`${route}, retries: { attempts: 1, retryOn: "299" }`), 'spec.http[0].retries.retryOn'],
    [http(`${route}, fault: {}`), 'spec.http[0].fault'],
    [http(`${route}, fault: { abort: { http2Error: x } }`), 'spec.http[0].fault.abort.http2Error'],
    [http(`${route}, fault: { abort: { grpcStatus: "14" } }`), 'spec.http[0].fault.abort.grpcStatus'],
    [
      http(`${route}, fault: { abort: { httpStatus: 500, percentage: { value: 0.00001 } } }`),
      'spec.http[0].fault.abort.percentage.value',
    ],
    [http(`${route}, corsPolicy: { allowOrigins: [{}] }`), 'spec.http[0].corsPolicy.allowOrigins[0]'],
    [http(`${route}, corsPolicy: { allowMethods: [get] }`), 'spec.http[0].corsPolicy.allowMethods[0]'],
    [http(`${route}, corsPolicy: { maxAge: 1500ms }`), 'spec.http[0].corsPolicy.maxAge'],
    [http(`${route}, mirror: { host: a }, mirrors: [{ destination: { host: b } }]`), 'spec.http[0].mirrors'],
    [http(`${route}, headers: { request: { set: { x: "100%" } } }`), 'spec.http[0].headers.request.set["x"]'],
    [
      http(`${route}, headers: { response: { set: { host: x } } }`),
      'spec.http[0].headers.response.set["host"]',
    ],
    [http(`${route}, headers: { request: { remove: [":path"] } }`), 'spec.http[0].headers.request.remove[0]'],
    [
      http(`${route}, rewrite: { authority: a }, headers: { request: { set: { Host: b } } }`),
      'spec.http[0].headers.request.set["Host"]',
    ],
    [
      http(`${route}, rewrite: { uri: /a, uriRegexRewrite: { match: a, rewrite: b } }`),
      'spec.http[0].rewrite.uriRegexRewrite',
    ],
    [http('route: [{ destination: { host: "*" } }]'), 'spec.http[0].route[0].destination.host'],
    [http('route: [{ destination: { host: r, subset: V_1 } }]'), 'spec.http[0].route[0].destination.subset'],
    [
      http('route: [{ destination: { host: r, port: {} } }]'),
      'spec.http[0].route[0].destination.port.number',
    ],
    [`{ hosts: [r], http: [{ ${route} }], exportTo: ["~"] }`, 'spec.exportTo[0]'],
    [`{ hosts: [r], http: [{ ${route} }], exportTo: [., mill] }`, 'spec.exportTo[1]'],
    [`{ hosts: [r], http: [{ ${route} }], exportTo: ["*", a] }`, 'spec.exportTo'],
    ['{ hosts: [r], tcp: [{ match: [{}] }] }', 'spec.tcp[0].route'],
    [
      '{ hosts: [a.b], tls: [{ match: [{ sniHosts: [c.d] }], route: [{ destination: { host: r } }] }] }',
      'spec.tls[0].match[0].sniHosts[0]',
    ],
  ])('is refused: %s', (spec, path) => {
    expect(verdictOf('VirtualService', spec)).toEqual(['invalid', `IST0106 ${path}`]);
  });

  it.each([
    [http(`${route}, mirrorPercent: 5`), 'IST0133 spec.http[0].mirrorPercent'],
    [`{ hosts: [r], gateways: [edge.ns], http: [{ ${route} }] }`, 'IST0133 spec.gateways[0]'],
    [
      `{ hosts: [r], http: [{ ${route} }, { match: [{ uri: { prefix: / } }], ${route} }] }`,
      'IST0130 spec.http[1]',
    ],
    [
      `{ hosts: [r], http: [{ match: [{ uri: { prefix: / } }], ${route} }, { match: [{ name: b, uri: { prefix: / } }], ${route} }] }`,
      'IST0130 spec.http[1]',
    ],
    [
      http(`directResponse: { status: 200, body: { string: ${'a'.repeat(102_401)} } }`),
      'IST0133 spec.http[0].directResponse.body',
    ],
  ])('is warned of: %.90s', (spec, finding) => {
    expect(verdictOf('VirtualService', spec)).toEqual(['warning', finding]);
  });
});
