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

describe('sign-in at an identity provider', () => {
  const signInOf = (variables: Readonly<Record<string, string>>) => readSettings(variables).http?.signIn;
  const all = {
    DESIST_OIDC_ISSUER: 'https://login.example.com/realms/mail/',
    DESIST_OIDC_CLIENT_ID: 'desist',
    DESIST_OIDC_CLIENT_SECRET: SECRET,
    DESIST_OIDC_ACCESS: '# who\n\ngroups ops operator *\n',
    DESIST_CONSOLE_URL: 'https://desist.example.com',
  };

  test('needs all of its settings, or none; then the service may listen anywhere without keys', () => {
    const signIn = signInOf({ ...all, DESIST_HTTP: '0.0.0.0:8425' });
    expect(signIn).toMatchObject({
      ...{ secret: SECRET, consoleUrl: 'https://desist.example.com', provider: { issuer: 'https://login.example.com/realms/mail/' } },
      grants: [{ claim: 'groups', value: 'ops', roles: ['operator'], tenants: '*' }],
    });
    expect([signInOf({}), signInOf({ DESIST_CONSOLE_URL: all.DESIST_CONSOLE_URL })]).toEqual([undefined, undefined]);
    for (const name of Object.keys(all)) {
      const { [name as keyof typeof all]: _, ...others } = all;
      expect(() => signInOf(others), name).toThrow(`${name}: needed with DESIST_OIDC_`);
    }
  });

  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['a provider without TLS', { DESIST_OIDC_ISSUER: 'http://login.example.com' }, 'DESIST_OIDC_ISSUER: must be an https:// URL'],
    ['a console without TLS', { DESIST_CONSOLE_URL: 'http://desist.example.com' }, 'DESIST_CONSOLE_URL: must be an https:// URL'],
    ['a console with a path', { DESIST_CONSOLE_URL: 'https://desist.example.com/ui' }, 'DESIST_CONSOLE_URL: must be'],
    ['a secret that can be guessed', { DESIST_OIDC_CLIENT_SECRET: 'short' }, 'at least 16'],
    ['nobody', { DESIST_OIDC_ACCESS: '# nobody' }, 'contains no line'],
    ['a mistake', { DESIST_OIDC_ACCESS: 'groups ops operator *\ngroups all ingester *' }, 'line 2: roles must be of reader, operator'],
    ['scopes that are none', { DESIST_OIDC_SCOPES: 'a"b' }, 'DESIST_OIDC_SCOPES: must be'],
  ])('%s is refused, without the secret', (_, variables, problem) => {
    expect(() => signInOf({ ...all, ...variables })).toThrow(problem);
    expect(() => signInOf({ ...all, ...variables })).not.toThrow(SECRET);
  });
});
