/** Verdict commands as a user runs them, without a service or a database. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desist } from './desist.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-verdicts-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const lines = (out: string): unknown[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('desist classify', () => {
  it('prints the fields of the contract, for plain lines and for objects', async () => {
    const input = [
      '550 5.1.1 <a@b.example> User unknown',
      '{"reply":"421 4.7.0 Try again later","code":"421","enhanced":"4.7.0","remoteHost":"aspmx.l.google.com"}',
      '{"reply":"450 4.2.1 zork","recipient":"a@gmail.com"}',
      '{"reply":"550 5.1.1 User unknown","phase":"MAIL FROM"}',
      '451 4.7.1 Greylisted, come back in 5 minutes',
    ].join('\n');
    const { code, out } = await desist(['classify', '--json'], {}, input);
    expect(code).toBe(0);
    const [plain, host, recipient, phase, hints] = lines(out);
    expect(plain).toEqual({
      reply: '550 5.1.1 <a@b.example> User unknown',
      category: 'user_unknown',
      attribution: 'recipient',
      permanence: 'permanent',
      rule: 'text.unknown_user',
      provider: null,
      counts: true,
      hardBounce: true,
    });
    expect(host).toMatchObject({ provider: 'gmail', attribution: 'sender', counts: false });
    expect(recipient).toMatchObject({ provider: 'gmail', category: 'recipient_rate_limited', counts: false, hardBounce: false });
    expect(phase).toMatchObject({ attribution: 'sender' });
    expect(hints).toMatchObject({ category: 'greylisting', hints: { retryAfter: 300 } });
  });

  it('lists unmatched wordings, most frequent first', async () => {
    const input = ['550 zork 17 <a@b.example>', '550 User unknown', '550 zork 18 <c@d.example>', '550 blarg'].join('\n');
    const { out } = await desist(['classify', '--unknown', '--json'], {}, input);
    expect(lines(out)).toEqual([
      { count: 2, text: 'zork addr' },
      { count: 1, text: 'blarg' },
    ]);
  });

  it('refuses a line that is not an object with a reply', async () => {
    const { code, err } = await desist(['classify'], {}, '{"text":"550 x"}');
    expect([code, err.trim()]).toEqual([2, 'line 1: reply: must be a string']);
  });
});

describe('desist codes', () => {
  it('explains a code: meaning, causes, actions, when to escalate', async () => {
    const { code, out } = await desist(['codes', '450 4.7.1']);
    expect(code).toBe(0);
    for (const word of ['greylisting', 'means', 'because', 'do ', 'escalate', 'source']) expect(out).toContain(word);
    expect((await desist(['codes', 'zork'])).code).toBe(2);
  });
});

describe('desist policy check', () => {
  it('shows the effect of user-defined rules', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, 'rules: {full: {text: mailbox full, category: policy_block, example: 552 mailbox full}}');
    const { code, out } = await desist(['policy', 'check', file, '--json']);
    expect(code).toBe(0);
    const [{ rules, changes }] = lines(out) as [{ rules: string[]; changes: { from: object; to: object }[] }];
    expect(rules).toEqual(['own.full']);
    expect(changes.length).toBeGreaterThan(0);
    for (const { from, to } of changes) {
      expect(from).toMatchObject({ category: 'mailbox_full' });
      expect(to).toMatchObject({ category: 'policy_block', rule: 'own.full' });
    }
    const classified = await desist(['classify', '--policy', file, '--json'], {}, '552 5.2.2 Mailbox full');
    expect(lines(classified.out)[0]).toMatchObject({ rule: 'own.full', counts: false });
  });

  it('and `policy show` say where the shadow policy differs', async () => {
    const file = join(folder, 'shadowed.yaml');
    await writeFile(file, 'shadow: quick.yaml');
    await writeFile(join(folder, 'quick.yaml'), 'deferral: {suppress_after: 48h, soft_bounce_after: 48h}\npublish: {deferred: true}');
    const { code, out } = await desist(['policy', 'check', file, '--json']);
    expect(code).toBe(0);
    const changes = [
      { path: 'deferral.soft_bounce_after', from: '3d', to: '2d' },
      { path: 'deferral.suppress_after', from: '3d', to: '2d' },
    ];
    expect(lines(out)[0]).toMatchObject({ shadow: { name: 'quick.yaml', changes } });
    const told =
      /shadow policy quick\.yaml: version sha256:\w+, which differs in\n.*deferral\.soft_bounce_after: 3d => 2d\n.*suppress_after: 3d => 2d\n/;
    expect((await desist(['policy', 'check', file])).out).toMatch(told);
    const shown = (await desist(['policy', 'show', file])).out;
    expect(shown).toMatch(told);
    expect(shown).toContain('\nshadow: quick.yaml\n');
    // What is shown is a policy file.
    await writeFile(join(folder, 'again.yaml'), shown);
    expect((await desist(['policy', 'show', join(folder, 'again.yaml')])).out).toBe(shown);
  });
});
