/** Talks to a running service over HTTP, with errors that say what to do. */
import { readBounded, SECRET_LIMIT, whyNotRead } from '@desist/contracts/read-bounded';
import { CommandError, EXIT } from './exit.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8425';
const TIMEOUT = 60_000;
/** Statuses that mean exit code 3: the thing is missing or not available now. Other 4xx statuses mean wrong usage. */
const MISSING: ReadonlySet<number> = new Set([401, 403, 404, 429]);

export interface Client {
  get(path: string): Promise<unknown>;
  /** `body` undefined: a request without one. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Like `post`, and also returns the status, for operations where 200, 201 and 202 differ. */
  send(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  patch(path: string, body: unknown): Promise<unknown>;
  remove(path: string): Promise<unknown>;
  /** Streams the body. Rejects when it is cut off. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** GET that returns status and body for any status. */
  getStatus(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** POST that returns status and body for any status. */
  tryPost(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** DESIST_API_KEY, or the content of the file that DESIST_API_KEY_FILE names. */
function apiKey(): string | undefined {
  const file = process.env['DESIST_API_KEY_FILE'];
  try {
    const key = process.env['DESIST_API_KEY'] ?? (file === undefined ? undefined : readBounded(file, SECRET_LIMIT).toString('utf8'));
    return key?.trim() === '' ? undefined : key?.trim();
  } catch (error) {
    throw new CommandError(EXIT.missing, `DESIST_API_KEY_FILE: ${String(file)} ${whyNotRead(error)}`);
  }
}

/** `given`: the flag; otherwise DESIST_URL, otherwise this machine. */
export function createClient(given: string | undefined): Client {
  const key = apiKey();
  const text = given ?? process.env['DESIST_URL'] ?? DEFAULT_URL;
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) throw new CommandError(EXIT.usage, `--url: ${text} is not an http(s) URL`);

  async function request(path: string, init: RequestInit): Promise<Response> {
    try {
      const headers = {
        ...(init.headers as Record<string, string> | undefined),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      };
      return await fetch(new URL(path, base), { ...init, headers });
    } catch (error) {
      throw new CommandError(
        EXIT.missing,
        `no service answers at ${text} (${reasonOf(error)}): start one with \`desist start\`, or give its address with --url or DESIST_URL`,
      );
    }
  }

  async function call(path: string, init: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await request(path, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
    const body = await response.text();
    try {
      return { status: response.status, body: body === '' ? null : (JSON.parse(body) as unknown) };
    } catch {
      throw new CommandError(EXIT.missing, `${text} answers ${response.status}, but not with JSON: is it Desist?`);
    }
  }

  async function expectOk(path: string, init: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> {
    const answer = await call(path, init);
    if (answer.status < 300) return answer;
    throw refusal(answer.status, answer.body);
  }

  const posting = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => {
    if (body === undefined) return { method: 'POST', headers };
    return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
  };

  function refusal(status: number, body: unknown): CommandError {
    const { title, detail, errors } = (body ?? {}) as { title?: string; detail?: string; errors?: readonly object[] };
    const lines = (errors ?? []).map((error) => `\n  ${JSON.stringify(error)}`);
    const hint = status === 401 ? ' Give it with DESIST_API_KEY.' : '';
    const code = status >= 500 || MISSING.has(status) ? EXIT.missing : EXIT.usage;
    return new CommandError(code, `${detail ?? title ?? `status ${status}`}${hint}${lines.join('')}`, status);
  }

  return {
    get: async (path) => (await expectOk(path, {})).body,
    post: async (path, body, headers) => (await expectOk(path, posting(body, headers))).body,
    send: (path, body) => expectOk(path, posting(body)),
    patch: async (path, body) => (await expectOk(path, { ...posting(body), method: 'PATCH' })).body,
    remove: async (path) => (await expectOk(path, { method: 'DELETE' })).body,
    getStatus: (path) => call(path, {}),
    tryPost: (path, body) => call(path, posting(body)),
    async *stream(path) {
      const response = await request(path, {});
      if (!response.ok || response.body === null) throw refusal(response.status, await response.json().catch(() => null));
      try {
        for await (const chunk of response.body) yield chunk as Uint8Array;
      } catch (error) {
        throw new CommandError(EXIT.missing, `the response was interrupted (${reasonOf(error)}): it is not complete`);
      }
    },
  };
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string }; message?: string };
  return cause?.code ?? message ?? String(error);
}

/** `?a=b&c=d` of what is given. */
export function queryOf(parts: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
