/** One place that turns errors into replies: RFC 9457 problem+json, each with a stable code. */
import { StoreError } from '@heddle/mesh-core';
import type { Finding, Problem } from '@heddle/schema';
import { OtlpError } from '@heddle/telemetry';
import { discardBody } from './linger.ts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** An answer that the caller can act on. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly Finding[] | undefined;
  readonly currentRevision: number | undefined;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { readonly errors?: readonly Finding[]; readonly currentRevision?: number } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = more.errors;
    this.currentRevision = more.currentRevision;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Payload too large',
  415: 'Unsupported media type',
  422: 'Invalid configuration',
  500: 'Internal error',
  503: 'Unavailable',
};

function problem(status: number, code: string, detail: string, more: Partial<Problem> = {}): Problem {
  return { type: 'about:blank', title: titles[status] ?? 'Error', status, code, detail, ...more };
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply
    .code(body.status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}

export async function handleError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (error instanceof ApiError) {
    const { status, code, message, errors, currentRevision } = error;
    return sendProblem(
      reply,
      problem(status, code, message, {
        ...(errors === undefined ? {} : { errors: [...errors] }),
        ...(currentRevision === undefined ? {} : { currentRevision }),
      }),
    );
  }
  if (error instanceof OtlpError) return sendProblem(reply, problem(400, error.code, error.message));
  if (error instanceof StoreError) {
    request.log.error({ err: error }, 'the store failed');
    return sendProblem(reply, problem(503, error.code, `${error.message}; reads and traffic go on`));
  }
  if ('validation' in error && error.validation !== undefined) {
    const where = error.validationContext ?? 'request';
    const errors = error.validation.map(({ instancePath, message = 'is not valid' }): Finding => ({
      code: 'HDL0001',
      severity: 'error',
      path: `${where}${instancePath.replaceAll('/', '.')}`,
      message: `${where}${instancePath.replaceAll('/', '.')} ${message}`,
    }));
    const detail = errors[0]?.message ?? error.message;
    return sendProblem(reply, problem(400, 'HDL_BAD_REQUEST', detail, { errors }));
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status === 413) await discardBody(request.raw);
  if (status < 500) return sendProblem(reply, problem(status, ...refusalOf(error, request)));
  request.log.error({ err: error }, 'a request failed');
  return sendProblem(
    reply,
    problem(500, 'HDL_INTERNAL', 'the request failed inside the API; its log has the cause'),
  );
}

/** Code and words of what Fastify refuses by itself. */
function refusalOf(error: FastifyError | Error, request: FastifyRequest): [code: string, detail: string] {
  switch ('code' in error ? error.code : '') {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': {
      const { bodyLimit } = request.routeOptions;
      return [
        'HDL_TOO_LARGE',
        `the body is larger than ${bodyLimit} bytes, the most this address takes; send less at once`,
      ];
    }
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return [
        'HDL_MEDIA_TYPE',
        `content-type ${request.headers['content-type'] ?? 'is missing'}: ${request.method} ${request.routeOptions.url ?? ''} does not take it`,
      ];
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return ['HDL_BAD_JSON', `the body is not JSON: ${error.message}`];
    default:
      return ['HDL_BAD_REQUEST', error.message];
  }
}

export function handleNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply,
    problem(404, 'HDL_NOT_FOUND', `there is no ${request.method} ${request.url.split('?')[0]}`),
  );
}
