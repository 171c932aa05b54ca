/** Requests to the service, typed by its own OpenAPI document. */
import createClient from 'openapi-fetch';
import type { operations, paths } from './schema.d.ts';
import { reportConnection } from './connection.ts';

/** The JSON body of an operation's successful answers. */
export type Answer<Name extends keyof operations> =
  Exclude<operations[Name]['responses'], undefined> extends infer Responses
    ? {
        [Status in keyof Responses & (200 | 201 | 202)]: Responses[Status] extends { content: { 'application/json': infer Body } }
          ? Body
          : never;
      }[keyof Responses & (200 | 201 | 202)]
    : never;

/** A problem document, or that nothing answered (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly mistakes: readonly { readonly detail: string; readonly index?: number; readonly line?: number }[];

  constructor(status: number, detail: string, mistakes: ApiError['mistakes'] = []) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.mistakes = mistakes;
  }
}

const AWAY = [502, 503, 504];

const client = createClient<paths>({
  fetch: async (request) => {
    try {
      const response = await fetch(request);
      reportConnection(!AWAY.includes(response.status));
      return response;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      reportConnection(false);
      throw new ApiError(0, 'The service does not answer.');
    }
  },
});

interface Outcome<Data> {
  readonly data?: Data | undefined;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of a successful answer. @throws ApiError */
export async function bodyOf<Data>(pending: Promise<Outcome<Data>>): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await pending;
  if (response.ok && data !== undefined) return data as Exclude<Data, undefined>;
  const { detail, errors } = Object(error ?? {}) as { detail?: unknown; errors?: unknown };
  throw new ApiError(
    response.status,
    typeof detail === 'string' ? detail : `The service answered ${response.status} ${response.statusText}.`,
    Array.isArray(errors) ? (errors as ApiError['mistakes']) : [],
  );
}

export { client };
