/** `desist incident` and what `desist why` says of one, as processes against a stub of the service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from './client.ts';
import type { Client } from './client.ts';
import type { Followed, Incident } from './incidents.ts';
import { untilDone } from './incident-commands.ts';

const { DESIST_TEST_PROGRAMS: programs } = process.env;
/** From the sources, or as the setup of the run has joined them, which starts sooner. */
const PROGRAM =
  programs === undefined
    ? ['--conditions=source', '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'main.ts')]
    : [path.join(programs, 'cli.js')];

const NAMED: Incident = {
  id: 'op-1',
  origin: 'operator',
  state: 'not_held_back',
  revision: 0,
  action: 'restored',
  holds: false,
  tenant: null,
  provider: 'gmail',
  domain: null,
  code: '550 5.1.1',
  text: null,
  from: '2020-12-14T13:00:00.000Z',
  until: '2020-12-14T19:00:00.000Z',
  counts: null,
  codes: [],
  samples: [],
  by: 'ops',
  note: 'ticket 4711',
  decidedAt: '2020-12-15T08:00:00.000Z',
  createdAt: '2020-12-15T08:00:00.000Z',
};
const VOIDED: Incident = { ...NAMED, state: 'held_back', revision: 1, action: 'voided', holds: true };
const NOTICED: Incident = {
  ...NAMED,
  id: 'gmail-12bdk',
  origin: 'detected',
  state: 'open',
  revision: 1,
  action: 'opened',
  holds: true,
  code: null,
  until: null,
  counts: { failing: 149, delivered: 16, usualShare: 0.001 },
  codes: [{ code: '550 5.1.1', count: 149 }],
  samples: ['550 5.1.1 The email account that you tried to reach does not exist'],
  by: null,
  note: null,
};
const DONE = { told: true, partitions: 4, done: 4, looked: 300, changed: 149 };
const NONE = {
  recipients: 0,
  failures: 0,
  heldBack: 0,
  suppressed: 0,
  released: 0,
  suppressedAgain: 0,
  codes: [],
  samples: [],
  addresses: [],
};
const FIRST = {
  ...NONE,
  recipients: 2,
  failures: 3,
  suppressed: 2,
  released: 1,
  codes: [{ code: '550 5.1.1', count: 2 }],
  samples: ['550 5.1.1 no such user', '450 try later'],
  addresses: ['a@example.com', 'b@example.com'],
};
const SECOND = {
  ...NONE,
  recipients: 1,
  failures: 4,
  heldBack: 1,
  suppressed: 1,
  released: 1,
  codes: [
    { code: '450', count: 3 },
    { code: '550 5.1.1', count: 2 },
  ],
  samples: ['450 try later'],
  addresses: ['c@example.com'],
};

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}
type Answer = readonly [status: number, body: unknown];

let asked: Asked[];
let answers: (request: Asked) => Answer | undefined;
let url: string;
let close: () => void;

beforeEach(async () => {
  asked = [];
  answers = () => undefined;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      asked.push(one);
      const [status, body] = answers(one) ?? [404, { title: 'Not Found', detail: 'There is no incident with this id.', status: 404 }];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => {
  close();
});

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { env: { ...process.env, DESIST_URL: url, NO_COLOR: '1' } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  return { child, ended, said: () => err };
}
const desist = async (...args: readonly string[]) => start(...args).ended;
const lines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

/** The service: this incident, these pages of its preview. */
function serve(
  incident: Incident,
  more: { readonly created?: number; readonly pages?: readonly object[]; readonly progress?: object } = {},
) {
  const { created = 201, pages = [FIRST, NONE, SECOND], progress = DONE } = more;
  answers = ({ method, url: asks }) => {
    const { pathname, searchParams } = new URL(asks, url);
    if (method === 'POST' && pathname === '/v1/incidents') return [created, incident];
    if (pathname === `/v1/incidents/${incident.id}`) return [200, { ...incident, progress }];
    if (pathname !== `/v1/incidents/${incident.id}/preview`) return undefined;
    const page = Number(searchParams.get('cursor') ?? 0);
    return [200, { ...pages[page], cursor: page + 1 < pages.length ? String(page + 1) : null }];
  };
}

const CREATE = ['incident', 'create', '--provider', 'gmail', '--from', '2020-12-14T14:00:00+01:00', '--until', '2020-12-14T19:00:00Z'];

describe('desist incident create', () => {
  it('sends the terms, summarises the preview, and says that nothing has changed yet and what would', async () => {
    serve(NAMED);
    const { code, out, err } = await desist(...CREATE, '--code', '550 5.1.1', '--note', 'ticket 4711', '--by', 'ops');
    expect(asked[0]).toEqual({
      method: 'POST',
      url: '/v1/incidents',
      body: {
        provider: 'gmail',
        code: '550 5.1.1',
        from: '2020-12-14T13:00:00.000Z',
        until: '2020-12-14T19:00:00.000Z',
        note: 'ticket 4711',
        by: 'ops',
      },
    });
    expect(asked.slice(1).map((one) => one.url.replace(/^.*preview/, ''))).toEqual(['', '?cursor=1', '?cursor=2']);
    expect(code).toBe(0);
    expect(out).toBe(
      `incident op-1: not held back
  provider gmail, code 550 5.1.1, from 2020-12-14T13:00:00.000Z until 2020-12-14T19:00:00.000Z
  created by ops at 2020-12-15T08:00:00.000Z
  note: ticket 4711
preview:
  7 failures of 3 recipients are inside; 1 of them is held back now
  3 of these recipients are suppressed now; voiding it would end suppressions of 2 recipients
  replies: 550 5.1.1 (4), 450 (3)
    550 5.1.1 no such user
    450 try later
  for example a@example.com, b@example.com, c@example.com
Nothing has changed yet. These failures stop counting with: desist incident void op-1
`,
    );
    expect(err).toBe('searching: 3 failures of 2 recipients found so far\n');
  });

  it("the user's name is the default for --by; `6h` means so long ago; --json prints two lines", async () => {
    serve(NAMED);
    const before = Date.now();
    const { out } = await desist('incident', 'create', '--domain', 'example.com', '--from', '6h', '--text', 'no such', '--json');
    const body = asked[0]?.body as { from: string; by: string };
    expect(body).toMatchObject({ domain: 'example.com', text: 'no such', by: userInfo().username });
    expect(body.from).toMatch(/:00\.000Z$/);
    expect(Date.parse(body.from)).toBeGreaterThan(before - 6 * 3_600_000 - 60_000);
    expect(Date.parse(body.from)).toBeLessThanOrEqual(Date.now() - 6 * 3_600_000);
    expect(lines(out)).toEqual([
      NAMED,
      {
        type: 'preview',
        incident: 'op-1',
        recipients: 3,
        failures: 7,
        heldBack: 1,
        suppressed: 3,
        released: 2,
        suppressedAgain: 0,
        codes: [
          { code: '550 5.1.1', count: 4 },
          { code: '450', count: 3 },
        ],
        samples: ['550 5.1.1 no such user', '450 try later'],
        addresses: ['a@example.com', 'b@example.com', 'c@example.com'],
      },
    ]);
  });

  it('says if the incident exists already and is held back', async () => {
    serve(VOIDED, { created: 200, pages: [NONE] });
    const { out } = await desist(...CREATE);
    expect(out).toContain('an incident with these terms existed already');
    expect(out).toContain('it contains no failure that is kept');
    expect(out).toContain('They count again with: desist incident restore op-1');
  });

  it('reports every mistake in the flags, and sends nothing', async () => {
    const wrong = await desist('incident', 'create', '--from', 'soon', '--code', 'five', '--text', 'a@b');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    for (const flag of ['--from', '--code', '--text', '--provider']) expect(wrong.err).toContain(`${flag}: must be `);
    expect(asked).toEqual([]);
  });

  it('Ctrl-C during the search ends it at once and says how to look again', async () => {
    serve(NAMED);
    const real = answers;
    answers = (one) => (one.url.includes('cursor') ? [200, { ...FIRST, cursor: 'on' }] : real(one));
    const { child, ended, said } = start(...CREATE);
    await vi.waitFor(() => expect(said()).toContain('searching'), { timeout: 30_000, interval: 20 });
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    expect(code).toBe(1);
    expect(out).toContain('incident op-1');
    expect(err).toContain('nothing was changed. `desist incident show op-1 --preview` shows the preview again');
  });
});

describe('desist incident list and show', () => {
  it('lists page by page, for people and as JSON', async () => {
    answers = ({ url: asks }) =>
      asks.includes('cursor') ? [200, { items: [NAMED], cursor: null }] : [200, { items: [NOTICED], cursor: 'x' }];
    const { code, out } = await desist('incident', 'list', '--tenant', 'acme');
    expect(code).toBe(0);
    expect(asked.map((one) => one.url)).toEqual(['/v1/incidents?tenant=acme&limit=1000', '/v1/incidents?tenant=acme&cursor=x&limit=1000']);
    expect(out).toMatch(/gmail-12bdk {2}provider {2}open, held back {2}2020-12-14T13:00Z {9}149 {10}provider gmail\n/);
    expect(out).toMatch(/op-1 .*not held back {2}2020-12-14T13:00Z {2}2020-12-14T19:00Z .*ops {2}provider gmail, code 550 5.1.1\n/);
    expect(out).toContain('2 incidents\n');
    expect(lines((await desist('incident', 'list', '--json')).out)).toEqual([NOTICED, NAMED]);
    expect(lines((await desist('incident', 'list', '--json', '--limit', '1')).out)).toEqual([NOTICED]);
  });

  it('lists and shows those of senders: tries, what is usual, what the replies mean and what to do', async () => {
    const replies = [
      {
        category: 'rate_limited',
        code: '421 4.7.28',
        count: 180,
        reply: '421 4.7.28 slow',
        meaning: 'Too fast.',
        actions: ['slow down', 'wait'],
      },
    ];
    const sender = { pool: 'bulk', tries: 240, refused: 180, share: 0.75, usualShare: 0.01, replies };
    const noticed: Incident = {
      ...{ ...NOTICED, id: 'sender-gmail-1', kind: 'sender', holds: false, tenant: 'acme', counts: null, codes: [], samples: [], sender },
    };
    answers = ({ url: asks }) => (asks.includes('?') ? [200, { items: [noticed], cursor: null }] : [200, { ...noticed, progress: DONE }]);
    const { out } = await desist('incident', 'list', '--kind', 'sender', '--open');
    expect(asked.at(-1)?.url).toBe('/v1/incidents?kind=sender&state=open&limit=1000');
    expect(out).toMatch(/sender-gmail-1 {2}sender {2}open .* 180 of 240 .*provider gmail, tenant acme, pool bulk\n/);
    const { out: shown } = await desist('incident', 'show', 'sender-gmail-1');
    expect(shown).toContain("  180 of 240 tries refused for the sender's fault: 75 %; usually 1 %\n");
    expect(shown).toContain('  180x 421 4.7.28, rate_limited: 421 4.7.28 slow\n    means  Too fast.\n    do     slow down; wait\n');
    expect(shown).toContain('it holds nothing back');
    expect(shown).not.toContain('partitions');
  });

  it('shows terms, counts, samples and progress; with --preview the effect of restoring', async () => {
    serve(NOTICED, {
      progress: { told: true, partitions: 12, done: 7, looked: 123, changed: 45 },
      pages: [{ ...FIRST, suppressedAgain: 2 }],
    });
    const { code, out } = await desist('incident', 'show', 'gmail-12bdk', '--preview');
    expect(code).toBe(0);
    expect(out).toContain(
      'incident gmail-12bdk: open, held back\n  provider gmail, from 2020-12-14T13:00:00.000Z on\n  detected automatically at ',
    );
    expect(out).toContain('149 recipients began to fail, 16 deliveries: 90.3 %; usually 0.1 %');
    expect(out).toContain('    550 5.1.1 The email account that you tried to reach does not exist');
    expect(out).toContain('7 of 12 partitions done, 123 recipients looked at, 45 changed');
    expect(out).toContain('restoring it would suppress 2 recipients again');
    const json = lines((await desist('incident', 'show', 'gmail-12bdk', '--json')).out);
    expect(json).toEqual([{ ...NOTICED, progress: { told: true, partitions: 12, done: 7, looked: 123, changed: 45 } }]);
  });

  it('exits with 3 if the incident does not exist; an id is never used as a path', async () => {
    expect(await desist('incident', 'show', '../status')).toMatchObject({ code: 3, out: '', err: 'There is no incident with this id.\n' });
    expect(asked[0]?.url).toBe('/v1/incidents/..%2Fstatus');
    expect((await desist('incident', 'void', 'nobody')).code).toBe(3);
    expect((await desist('incident', 'show')).code).toBe(2);
  });
});

describe('desist incident void and restore', () => {
  /** Each request gets the next of these; the last one repeats. */
  function carriedOut(post: Answer, ...steps: readonly Followed[]): void {
    let looks = 0;
    answers = ({ method }) => {
      if (method === 'POST') return post;
      looks += 1;
      return [200, steps[Math.min(looks, steps.length) - 1]];
    };
  }
  const at = (incident: Incident, done: number, told = true): Followed => {
    return { ...incident, progress: { told, partitions: 4, done, looked: 100 * done, changed: 10 * done } };
  };

  it('waits until every partition has applied the decision, and prints the result', async () => {
    carriedOut([202, VOIDED], at(VOIDED, 0, false), at(VOIDED, 1), at(VOIDED, 4));
    const { code, out, err } = await desist('incident', 'void', 'op-1', '--note', 'outage', '--by', 'ops');
    expect(asked[0]).toEqual({ method: 'POST', url: '/v1/incidents/op-1/void', body: { note: 'outage', by: 'ops' } });
    expect(asked).toHaveLength(4);
    expect(code).toBe(0);
    expect(out).toBe(
      'op-1 is held back: 4 of 4 partitions done, 400 recipients looked at, 40 changed. To undo it: desist incident restore op-1\n',
    );
    expect(err).toContain('the decision is on its way to the partitions');
  });

  it('says how to continue when interrupted; called again, it continues to wait', async () => {
    carriedOut([202, VOIDED], at(VOIDED, 1));
    const { child, ended, said } = start('incident', 'void', 'op-1');
    await vi.waitFor(() => expect(said()).toContain('1 of 4 partitions done'), { timeout: 30_000, interval: 20 });
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 1, out: '' });
    expect(said()).toContain('the service continues, and `desist incident void op-1` waits for it again');
    carriedOut([200, VOIDED], at(VOIDED, 3), at(VOIDED, 4));
    const again = await desist('incident', 'void', 'op-1', '--json');
    expect(again.code).toBe(0);
    expect(lines(again.out)).toEqual([at(VOIDED, 4)]);
  });

  it('--no-wait returns right after the answer', async () => {
    carriedOut([202, { ...NAMED, revision: 2 }]);
    const { code, out } = await desist('incident', 'restore', 'op-1', '--no-wait');
    expect(code).toBe(0);
    expect(out).toBe('accepted: op-1 will count again; progress: desist incident show op-1\n');
    expect(asked.map((one) => one.url)).toEqual(['/v1/incidents/op-1/restore']);
  });

  it('restoring makes its failures count again; --no-wait says if that is the case already', async () => {
    const restored = { ...NAMED, revision: 2 };
    carriedOut([200, restored], at(restored, 4));
    expect((await desist('incident', 'restore', 'op-1')).out).toMatch(/^op-1 counts again: 4 of 4 .* desist incident void op-1\n$/);
    expect((await desist('incident', 'restore', 'op-1', '--no-wait')).out).toMatch(/^op-1 counts again already; /);
  });

  it('does not wait for an incident that was never held back', async () => {
    carriedOut([200, NAMED], at(NAMED, 0));
    expect(await desist('incident', 'restore', 'op-1')).toMatchObject({
      code: 0,
      out: 'op-1 was never held back: there is nothing to restore\n',
    });
  });

  it("retries after a conflict with somebody else's decision; exits with 1 if the decision is changed afterwards", async () => {
    let refused = 0;
    carriedOut([202, VOIDED], at(VOIDED, 1), at({ ...NAMED, revision: 2, by: 'bob' }, 0));
    const real = answers;
    answers = (one) => {
      if (one.method !== 'POST' || refused === 2) return real(one);
      refused += 1;
      return [409, { title: 'Conflict', status: 409 }];
    };
    const { code, out, err } = await desist('incident', 'void', 'op-1');
    expect([refused, code, out]).toEqual([2, 1, '']);
    expect(err).toContain('op-1 was restored by bob at 2020-12-15T08:00:00.000Z, after this');
  });

  it('reports a conflict that does not end', async () => {
    answers = () => [409, { title: 'Conflict', detail: 'Somebody else decided', status: 409 }];
    expect(await desist('incident', 'void', 'op-1')).toMatchObject({ code: 2, err: 'Somebody else decided\n' });
    expect(asked).toHaveLength(5);
  });

  it('says what to look at, repeatedly, when there is no progress for half a minute', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      let clock = 0;
      // Progress changes at the 20th request and ends at the 60th.
      let looks = 0;
      const client: Pick<Client, 'get'> = {
        get: () => {
          looks += 1;
          return Promise.resolve(at(VOIDED, looks < 20 ? 1 : looks < 60 ? 2 : 4));
        },
      };
      const pauses: number[] = [];
      const pace = { now: () => clock, pause: (ms: number) => (pauses.push(ms), (clock += ms), Promise.resolve()) };
      const done = await untilDone({ ...createClient(url), ...client }, VOIDED, pace);
      expect(done.progress.done).toBe(4);
      const stuck = said.mock.calls.filter(([text]) => String(text).startsWith('no progress for 30 s'));
      expect(stuck).toHaveLength(2);
      // Progress is reported when it changes, and each state only once.
      const told = said.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('partitions done'));
      expect(new Set(told).size).toBe(told.length);
      expect(Math.max(...pauses)).toBe(2_000);
    } finally {
      said.mockRestore();
    }
  });
});

describe('desist why', () => {
  it('names the incident that excludes a failure, gives no advice from its reply, and shows it in the history', async () => {
    const held = {
      at: '2020-12-14T14:00:00.000Z',
      type: 'bounced',
      role: 'held_back',
      counts: false,
      why: 'held back: part of incident gmail-12bdk, many recipients failed together',
      rule: 'reply.550-5.1.1',
      category: 'user_unknown',
      reply: '550 5.1.1 no such user',
    };
    const why = {
      tenant: 'default',
      address: 'a@example.com',
      state: 'healthy',
      policy: null,
      streak: null,
      suppressAt: null,
      advice: null,
    };
    const rest = { suppressions: [], allowed: [], transitions: [], whatWouldChangeIt: [], refold: null };
    const change = { recipientVersion: 2, type: 'released', effectiveAt: '2020-12-14T15:00:00.000Z', cause: 'correction' };
    const history = [{ ...change, state: { from: 'suppressed', to: 'healthy' }, suppression: null, incident: 'gmail-12bdk' }];
    let facts: readonly object[] = [{ ...held, incident: 'gmail-12bdk' }];
    answers = ({ url: asks }) => [200, asks.includes('/history') ? { items: history, cursor: null } : { ...why, ...rest, facts }];
    const { code, out } = await desist('why', 'a@example.com', '--history');
    expect(code).toBe(0);
    expect(out).toContain(
      '550 5.1.1 no such user  [reply.550-5.1.1]  (held back: part of incident gmail-12bdk, many recipients failed together)',
    );
    expect(out).toContain('held back: 1 of these failures, because of an incident: desist incident show gmail-12bdk');
    expect(out).not.toContain('the latest reply is');
    expect(out).toMatch(/released +\S+ +correction, incident gmail-12bdk +suppressed/);
    facts = [held, { ...held, role: 'hard_bounce', counts: true, why: null }];
    const without = (await desist('why', 'a@example.com')).out;
    expect(without).toContain('because of an incident: desist incident show ID');
    expect(without).toContain('the latest reply is user_unknown');
  });
});
