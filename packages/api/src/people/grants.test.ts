/** Lines that let people in, and whom they let in. */
import { describe, expect, test } from 'vitest';
import { grantOf, nameOf, parseGrants } from './grants.ts';

describe('lines', () => {
  test('are a claim, its value, roles and tenants', () => {
    expect(parseGrants('# who\n\ngroups  ops  reader,operator  *  # all\nurn:x/role support#1 reader acme,beta')).toEqual({
      problems: [],
      grants: [
        { claim: 'groups', value: 'ops', roles: ['reader', 'operator'], tenants: '*' },
        { claim: 'urn:x/role', value: 'support#1', roles: ['reader'], tenants: ['acme', 'beta'] },
      ],
    });
  });

  test('every mistake is reported, with its line', () => {
    const { problems } = parseGrants(
      'groups ops\ngroups ops ingester *\ngroups ops reader a/b\n"x" y reader *\na b reader *\na b operator *',
    );
    expect(problems.map((problem) => problem.slice(0, 24))).toEqual([
      'line 1: must be: claim v',
      'line 2: roles must be of',
      'line 3: tenants must be ',
      'line 4: the claim must b',
      'line 6: claim and value ',
    ]);
  });
});

describe('a person', () => {
  const { grants } = parseGrants('groups support reader acme\ngroups ops operator *\nemail boss@example.com operator *');
  test.each<readonly [string, Readonly<Record<string, unknown>>, string | undefined]>([
    ['of one group', { groups: ['x', 'ops'] }, 'ops'],
    ['of a group that is no list', { groups: 'ops' }, 'ops'],
    ['of two groups: the first line decides', { groups: ['ops', 'support'] }, 'support'],
    ['with a verified address', { email: 'boss@example.com', email_verified: true }, 'boss@example.com'],
    ['with an address that is not verified', { email: 'boss@example.com', email_verified: false }, undefined],
    ['with an address of which nothing is said', { email: 'boss@example.com' }, undefined],
    ['with an address that is verified in words', { email: 'boss@example.com', email_verified: 'true' }, undefined],
    ['of a group in other letters', { groups: ['OPS'] }, undefined],
    ['of groups that are no texts', { groups: [{ ops: true }, 1, null] }, undefined],
    ['of none', {}, undefined],
  ])('%s', (_, claims, value) => {
    expect(grantOf(grants, { sub: '1', ...claims })?.value).toBe(value);
  });

  test('is called by a verified address, otherwise by the name at the provider, in one line', () => {
    const more = { preferred_username: 'ann\u202e\nb', email: 'ann@example.com' };
    expect(nameOf({ sub: '1', ...more, email_verified: true })).toBe('ann@example.com');
    expect(nameOf({ sub: '1', ...more })).toBe('ann b');
    expect(nameOf({ sub: '1', preferred_username: '' })).toBe('1');
  });
});
