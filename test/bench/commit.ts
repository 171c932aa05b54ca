/**
 * What a commit costs: ms to its end, and µs of this process' processor for each recipient that it changes. With `--against FOLDER`
 * another built checkout of the repository is measured in turns with this one, round by round, so that both see the same machine. With
 * `--rollups CELLS` this checkout is measured once more with commits that carry the roll-ups of so many cells, and the ratio of each round is
 * taken: its median says what roll-ups add.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { CommitPlan, RecipientRow, RollupRow, RollupWrite } from '@desist/pipeline';
import type * as Store from '@desist/store-postgres';
import { asTenant, asAddress } from '@desist/domain';
import { hoursOf } from '../support/counted-hours.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    commits: { type: 'string', default: '20' },
    recipients: { type: 'string', default: '10,200,1000' },
    rollups: { type: 'string' },
  },
});
const ROUNDS = Number(values.rounds);
const COMMITS = Number(values.commits);
const RECIPIENTS = values.recipients.split(',').map(Number);
/** Rounds that are not counted: the compiler is at work. */
const WARM = 10;
const KNOWN = 20_000;
const EVENTS_OF_CELL = 75;
const AT = Date.parse('2026-03-04T10:00:00Z');

interface Contestant {
  readonly name: string;
  readonly db: Store.Database;
  readonly store: ReturnType<typeof Store.createStore>;
  /** Of the roll-ups in its commits. */
  readonly cells: number;
  claim: Awaited<ReturnType<ReturnType<typeof Store.createStore>['claim']>>;
}

interface Figures {
  readonly commits: number[];
  readonly loads: number[];
  processor: number;
  /** Median of the commits (ms) and processor per commit (µs) of each round. */
  readonly rounds: { readonly commit: number; readonly processor: number }[];
}

const evidence = JSON.stringify({
  v: 1,
  facts: Array.from({ length: 3 }, (_, n) => ({ kind: 'failure', at: AT + n, message: `m${n}`, stream: 'news' })),
  judged: [{ reply: '550 5.1.1 The email account that you tried to reach does not exist', provider: 'google' }],
});

function recipient(n: number, version: number): RecipientRow {
  const suppression = {
    scope: '*' as const,
    reason: 'hard_bounce' as const,
    since: AT,
    expiresAt: null,
    category: 'invalid_recipient',
    rule: 'r550',
    reply: '550 5.1.1 no such user',
    firstFailureAt: AT,
    lastFailureAt: AT,
    failures: 3,
    policy: 'default',
    ...{ createdBy: null, note: null, source: null, provider: null, subdomains: false, probationUntil: null },
  };
  return {
    tenant: asTenant('acme'),
    address: asAddress(`user.${n}@example${n % 50}.com`),
    partition: 0,
    version,
    evidence,
    state: n % 2 === 0 ? 'suppressed' : 'soft_bounced',
    tracked: true,
    due: AT + n,
    policy: 'default',
    streakStartedAt: AT,
    lastFailureAt: AT,
    failures: 3,
    messages: 2,
    category: 'invalid_recipient',
    provider: 'google',
    suppressAt: null,
    probationUntil: null,
    active: n % 2 === 0 ? { suppressions: [suppression], allowed: [] } : undefined,
    updatedAt: AT,
  };
}

/** Half of the recipients are new on the list; all have a change. */
function planOf(claim: Contestant['claim'], size: number, turn: number): CommitPlan {
  const recipients = Array.from({ length: size }, (_, n) => recipient((turn * 7_919 + n) % KNOWN, turn + 1));
  const change = JSON.stringify({ version: 1, type: 'suppressed', tenant: 'acme', evidence: { reply: '550 5.1.1 no such user' } });
  return {
    partition: claim.partition,
    epoch: claim.epoch,
    nonce: claim.nonce,
    fromOffset: claim.nextOffset,
    nextOffset: claim.nextOffset + size * 10,
    clock: AT + turn,
    fromSequence: claim.nextSequence,
    nextSequence: claim.nextSequence + size,
    last: null,
    attempts: 0,
    recipients,
    untracked: [],
    outbox: recipients.map(({ tenant, address }, n) => ({
      sequence: claim.nextSequence + n,
      key: `${tenant}/${address}`,
      change,
      value: n % 2 === 0 ? change : undefined,
    })),
    history: recipients.map(({ tenant, address }, n) => ({
      tenant,
      address,
      sequence: claim.nextSequence + n,
      version: turn + 1,
      type: 'suppressed',
      effectiveAt: AT,
      recordedAt: AT,
      detail: change,
    })),
    deadLetters: [],
    clockMoves: [],
    baseline: { replaces: turn % 10 === 0, body: change },
    incidents: [],
    incidentCounts: Array.from({ length: 20 }, (_, n) => ({
      tenant: asTenant('acme'),
      provider: `provider ${n}`,
      at: AT,
      failing: turn,
      delivered: turn * 10,
      codes: [],
      samples: [],
    })),
    rollups: null,
  };
}

/** With most commits a text of the kind that an engine writes; with every 25th, which is every 5 s of a busy one, rows. */
function rollupsOf(cells: number, turn: number): RollupWrite {
  if (turn % 25 !== 0)
    return { kind: 'pending', body: JSON.stringify({ cells: [], more: Array.from({ length: cells }, (_, n) => [n, 3]).flat() }) };
  const rows = Array.from({ length: cells }, (_, n): RollupRow => {
    const kinds = {
      family: 'events',
      stream: 'transactional',
      pool: '',
      domain: '',
      type: 'delivered',
      category: '',
      attribution: '',
    } as const;
    return { ...kinds, at: AT, tenant: 'acme', provider: `provider${n}.example`, upperBound: 0, events: EVENTS_OF_CELL };
  });
  return { kind: 'counted', hours: hoursOf(rows) };
}

async function enter(
  folder: string,
  name: string,
  cells: number,
  open: (store: typeof Store) => Promise<Store.Database>,
): Promise<Contestant> {
  const path = join(resolve(folder), 'packages/store-postgres/dist/index.js');
  const built = (await import(pathToFileURL(path).href)) as typeof Store;
  const db = await open(built);
  await built.migrate(db);
  const store = built.createStore(db);
  return { name, db, store, cells, claim: await store.claim(0, 'bench') };
}

async function turnOf(contestant: Contestant, size: number, turn: number, figures: Figures | null): Promise<void> {
  const { store, claim, cells } = contestant;
  const plan = { ...planOf(claim, size, turn), rollups: cells === 0 ? null : rollupsOf(cells, turn) };
  const before = process.cpuUsage();
  const began = performance.now();
  await store.load(plan.recipients);
  const loaded = performance.now();
  if ((await store.commit(plan)) !== 'committed') throw new Error('fenced');
  const done = performance.now();
  const { user, system } = process.cpuUsage(before);
  figures?.loads.push(loaded - began);
  figures?.commits.push(done - loaded);
  if (figures !== null) figures.processor += user + system;
  contestant.claim = { ...claim, nextOffset: plan.nextOffset, nextSequence: plan.nextSequence };
  // What the relay does, so that the outbox stays as small as it is.
  await store.relayed(claim, { sequence: plan.nextSequence, deadLetterOffset: null });
}

async function race(where: string, contestants: readonly Contestant[]): Promise<void> {
  let turn = 0;
  for (const size of RECIPIENTS) {
    const results = new Map(contestants.map(({ name }) => [name, { commits: [], loads: [], processor: 0, rounds: [] } as Figures]));
    for (let round = -WARM; round < ROUNDS; round += 1) {
      // Who comes first changes from round to round.
      const order = round % 2 === 0 ? contestants : [...contestants].reverse();
      for (const contestant of order) {
        const figures = round < 0 ? null : (results.get(contestant.name) as Figures);
        const before = figures?.processor ?? 0;
        for (let n = 0; n < COMMITS; n += 1) await turnOf(contestant, size, turn + n, figures);
        figures?.rounds.push({ commit: median(figures.commits.slice(-COMMITS)), processor: (figures.processor - before) / COMMITS });
      }
      turn += COMMITS;
    }
    const [without, rolled] = [results.get('this'), results.get('rolled')];
    if (without !== undefined && rolled !== undefined) {
      const events = (contestants.find(({ name }) => name === 'rolled')?.cells ?? 0) * EVENTS_OF_CELL;
      const ratio = median(rolled.rounds.map(({ commit }, n) => commit / (without.rounds[n]?.commit ?? Number.NaN)));
      const more = median(rolled.rounds.map(({ processor }, n) => processor - (without.rounds[n]?.processor ?? Number.NaN)));
      console.log(
        `${where} roll-ups ${String(size).padStart(3)} recipients, ${events} events: commit ${((ratio - 1) * 100).toFixed(1)} % longer, ` +
          `${(more / events).toFixed(3)} µs of processor per event (medians of ${ROUNDS} rounds in turns)`,
      );
    }
    for (const [name, { commits, loads, processor }] of results) {
      const [c, l] = [commits, loads].map((times) => times.sort((a, b) => a - b)) as [number[], number[]];
      console.log(
        `${where} ${name.padEnd(6)} ${String(size).padStart(5)} recipients: commit mean ${(c.reduce((sum, ms) => sum + ms, 0) / c.length).toFixed(2)} ms, p50 ${quantile(c, 0.5)} ms, p99 ${quantile(c, 0.99)} ms; ` +
          `load p50 ${quantile(l, 0.5)} ms; ${(processor / commits.length / size).toFixed(1)} µs of processor per recipient`,
      );
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN).toFixed(2);
}

const here = new URL('../..', import.meta.url).pathname;
const folders = [
  ['this', here, 0] as const,
  ...(values.against === undefined ? [] : [['other', values.against, 0] as const]),
  ...(values.rollups === undefined ? [] : [['rolled', here, Number(values.rollups)] as const]),
];
const server = await startPostgres({ durable: true });
const temporary = await mkdtemp(join(tmpdir(), 'desist-bench-'));
const opened: Contestant[] = [];
try {
  const onServer: Contestant[] = [];
  const embedded: Contestant[] = [];
  for (const [name, folder, cells] of folders) {
    const { url } = await createDatabase(server.url);
    onServer.push(
      await enter(folder, name, cells, async ({ openServer }) =>
        openServer({ url, applicationName: 'bench', onIdleError: () => undefined }),
      ),
    );
    embedded.push(await enter(folder, name, cells, ({ openEmbedded }) => openEmbedded({ folder: join(temporary, name) })));
  }
  opened.push(...onServer, ...embedded);
  await race('server  ', onServer);
  await race('embedded', embedded);
} finally {
  for (const { db } of opened) await db.close();
  await server.stop();
  await rm(temporary, { recursive: true, force: true });
}
