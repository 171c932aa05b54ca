/** Checks for providers that do not sign: a password or token in a header. */
import type { Check, WebhookRequest } from './check.ts';
import { anySame, refused } from './check.ts';

/** `secrets`: `user:password` each. */
export function basicCheck(secrets: readonly string[]): Check {
  return ({ headers }) => {
    const [, given] = /^basic\s+([A-Za-z0-9+/=_-]{1,2048})$/i.exec(headers['authorization'] ?? '') ?? [];
    if (given === undefined) return refused('unsigned', 'no basic authorization');
    return decide(Buffer.from(given, 'base64').toString('utf8'), secrets);
  };
}

export function bearerCheck(secrets: readonly string[]): Check {
  return ({ headers }) => {
    const [, given] = /^bearer\s+(\S{1,4096})$/i.exec(headers['authorization'] ?? '') ?? [];
    return given === undefined ? refused('unsigned', 'no bearer token') : decide(given, secrets);
  };
}

/** A header of the operator's choice. */
export function headerCheck(name: string, secrets: readonly string[]): Check {
  return ({ headers }: WebhookRequest) => {
    const given = headers[name];
    return given === undefined || given === '' ? refused('unsigned', `no header ${name}`) : decide(given, secrets);
  };
}

/** For installations whose gateway has authenticated the request. */
export const noCheck: Check = () => ({ kind: 'genuine', replayToken: null });

function decide(given: string, secrets: readonly string[]): ReturnType<Check> {
  return anySame(given, secrets)
    ? { kind: 'genuine', replayToken: null }
    : refused('forged', 'the password or token does not match this source');
}
