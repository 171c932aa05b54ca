import { asAddress, asTenant } from '@desist/domain';
import { describe, expect, test } from 'vitest';
import { readSettings } from './settings.ts';

const SECRET = 'a'.repeat(32);
const of = (variables: Readonly<Record<string, string>>) => readSettings(variables).http?.unsubscribe;
const content = { tenant: asTenant('acme'), stream: 'news', address: asAddress('a@b.c'), expiresAt: 10 };

describe('unsubscribe links', () => {
  test('need secrets and the public URL; the first secret seals, all of them open', () => {
    const url = { DESIST_PUBLIC_URL: 'https://mail.example.com/desist/' };
    const before = of({ ...url, DESIST_UNSUBSCRIBE_SECRETS: SECRET });
    const rotated = of({ ...url, DESIST_UNSUBSCRIBE_SECRETS: `${'b'.repeat(40)},\n ${SECRET}\n` });
    expect(before?.publicUrl).toBe('https://mail.example.com/desist');
    expect(rotated?.tokens.open(before?.tokens.seal(content) ?? '', 0).kind).toBe('valid');
    expect(before?.tokens.open(rotated?.tokens.seal(content) ?? '', 0).kind).toBe('forged');
    expect([of({}), of(url)]).toEqual([undefined, undefined]);
  });

  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['a secret that can be guessed', { DESIST_UNSUBSCRIBE_SECRETS: 'short', DESIST_PUBLIC_URL: 'https://x.example' }, 'at least 32'],
    ['a short one beside a long one', { DESIST_UNSUBSCRIBE_SECRETS: `${SECRET},x`, DESIST_PUBLIC_URL: 'https://x.example' }, 'at least 32'],
    ['no URL', { DESIST_UNSUBSCRIBE_SECRETS: SECRET }, 'DESIST_PUBLIC_URL: needed'],
    ...[
      'http://mail.example.com',
      'ftp://x.example',
      'mail.example.com',
      'https://u:p@x.example',
      'https://x.example/?a=b',
      'https://x.example/#a',
    ].map((url) => [url, { DESIST_PUBLIC_URL: url }, 'DESIST_PUBLIC_URL: must be'] as const),
  ])('%s is refused', (_, variables, problem) => {
    expect(() => of(variables)).toThrow(problem);
  });

  test('plain HTTP is for this machine', () => {
    expect(of({ DESIST_UNSUBSCRIBE_SECRETS: SECRET, DESIST_PUBLIC_URL: 'http://127.0.0.1:8425' })?.publicUrl).toBe('http://127.0.0.1:8425');
  });
});
