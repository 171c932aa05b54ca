/** Errors as problem documents (RFC 9457), and the error responses that every operation may give. */
import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';

/** One mistake in a request: what is wrong, where, and what is required. */
export const Mistake = Type.Object(
  {
    index: Type.Optional(Type.Integer({ minimum: 0, description: 'Index of the item in the request, from 0.' })),
    reason: Type.Optional(Type.String({ description: 'For an item: `unreadable`, `unsupported_version`, `invalid`, or `forbidden`.' })),
    detail: Type.String({ description: 'What is wrong and what is required.' }),
    pointer: Type.Optional(
      Type.String({ description: 'JSON pointer (RFC 6901, as a fragment) to the place in the body, or in the item that `index` names.' }),
    ),
    parameter: Type.Optional(Type.String({ description: 'The parameter of the path or the query that is wrong.' })),
    header: Type.Optional(Type.String({ description: 'The header that is wrong.' })),
    line: Type.Optional(Type.Integer({ minimum: 1, description: 'Line in the file that the body contains, from 1.' })),
    column: Type.Optional(Type.Integer({ minimum: 1, description: 'Column in that line, from 1.' })),
  },
  { description: 'One mistake in a request.', examples: [{ detail: 'limit: must be at least 1', parameter: 'limit' }] },
);
export type Mistake = Static<typeof Mistake>;

export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'What is wrong and what to do.' }),
    errors: Type.Optional(Type.Array(Mistake, { description: 'Every mistake, up to 100.' })),
    reason: Type.Optional(Type.String({ description: 'Why a webhook was refused.' })),
    problems: Type.Optional(Type.Array(Type.String(), { description: 'Why the service is not ready.' })),
    instance: Type.Optional(Type.String({ format: 'uri', description: 'Identifies this occurrence in the service log.' })),
  },
  {
    $id: 'Problem',
    description: 'An RFC 9457 problem document.',
    examples: [
      {
        type: 'urn:desist:problem:bad-request',
        title: 'Bad Request',
        status: 400,
        detail: 'limit: must be at least 1.',
        errors: [{ detail: 'limit: must be at least 1', parameter: 'limit' }],
      },
    ],
  },
);

/** A reference to a schema that the document lists under its `$id`. */
export const Ref = <T extends TSchema>(schema: T) => Type.Unsafe<Static<T>>({ $ref: `${(schema as { $id?: string }).$id ?? ''}#` });

export const json = <T extends TSchema>(description: string, schema: T) => ({ description, content: { 'application/json': { schema } } });

const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: Ref(Problem) } } });

const PROBLEMS = {
  400: problem('The request has mistakes: `errors` lists them.'),
  401: problem('A key is required, or this one is not known.'),
  403: problem('The key lacks the role or the tenant.'),
  404: problem('There is nothing with this name, or nothing that this key may see.'),
  408: problem('The operation exceeded its time limit.'),
  409: problem('A conflicting request was processed at the same time.'),
  410: problem('What was asked for is not kept any more.'),
  413: problem('The body is larger than the limit.'),
  415: problem('This operation does not accept this content type.'),
  422: problem('A file that this operation reads has mistakes: `errors` lists them.'),
  421: problem('Without keys, the service answers only to names of this machine.'),
  429: problem('Too many requests: `Retry-After` says when to try again.'),
  500: problem('An internal error: find it in the service log by `instance`.'),
  503: problem('The database or the log is unavailable: `Retry-After` says when to try again.'),
};
type ProblemStatus = keyof typeof PROBLEMS;

/** Adds error responses. Handlers throw problems, so these are part of the document but not of a handler's return type. */
export function withProblems<Own extends object>(own: Own, statuses: readonly ProblemStatus[]): Own {
  return { ...own, ...Object.fromEntries(statuses.map((status) => [status, PROBLEMS[status]])) };
}

/** Responses of an operation that requires a key. */
export function answers<Own extends object>(own: Own, more: readonly ProblemStatus[] = []): Own {
  return withProblems(own, [400, 401, 403, 421, 429, 500, 503, ...more]);
}

/** Responses of an operation that requires a key and reads a body. */
export function bodyAnswers<Own extends object>(own: Own, more: readonly ProblemStatus[] = []): Own {
  return answers(own, [413, 415, ...more]);
}
