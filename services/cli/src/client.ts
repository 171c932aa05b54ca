/** Talks to a running service over HTTP, with errors that say what to do. */
import { CommandError, EXIT } from './exit.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8425';
const TIMEOUT = 30_000;

export interface Client {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Status and body, whatever the status is. */
  ask(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** `given`: the flag; otherwise DESIST_URL, otherwise this machine. */
export function createClient(given: string | undefined): Client {
  const text = given ?? process.env['DESIST_URL'] ?? DEFAULT_URL;
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) throw new CommandError(EXIT.usage, `--url: ${text} is no http(s) URL`);

  async function call(path: string, init: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> {
    let response: Response;
    try {
      response = await fetch(new URL(path, base), { ...init, signal: AbortSignal.timeout(TIMEOUT) });
    } catch (error) {
      throw new CommandError(
        EXIT.missing,
        `no service answers at ${text} (${reasonOf(error)}): start one with \`desist start\`, or name another with --url or DESIST_URL`,
      );
    }
    const body = await response.text();
    try {
      return { status: response.status, body: body === '' ? null : (JSON.parse(body) as unknown) };
    } catch {
      throw new CommandError(EXIT.missing, `${text} answers ${response.status}, and not in JSON: is it Desist?`);
    }
  }

  async function expectOk(path: string, init: RequestInit): Promise<unknown> {
    const { status, body } = await call(path, init);
    if (status < 300) return body;
    const { title, detail, errors } = (body ?? {}) as { title?: string; detail?: string; errors?: readonly object[] };
    const lines = (errors ?? []).map((error) => `\n  ${JSON.stringify(error)}`);
    throw new CommandError(status >= 500 ? EXIT.missing : EXIT.usage, `${detail ?? title ?? `status ${status}`}${lines.join('')}`);
  }

  return {
    get: (path) => expectOk(path, {}),
    post: (path, body, headers) =>
      expectOk(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    ask: (path) => call(path, {}),
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
