import { NAME } from '@desist/formats/event';
import { IMPORT_STATES } from '@desist/pipeline';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  A_TIME,
  AN_ADDRESS,
  Count,
  Limit,
  OneOf,
  OrNull,
  Query,
  Scope,
  Stream,
  TenantFilter,
  TextInput,
  Time,
  TimeInput,
  Words,
  WordsInput,
} from './basics.ts';
import { answers, bodyAnswers, json } from './problem.ts';

/** Rows of one request. */
export const MOST_ROWS = 5_000;
/** Problems that an import keeps. */
export const MOST_PROBLEMS = 1_000;
/** Rows whose future a dry run tells. */
export const ROWS_TOLD = 10;

const Numbers = (description: string) => Type.Record(Type.String(), Count, { description });

const Counts = Type.Object({
  formats: Numbers('Rows that are suppressions, by the format that they were read as.'),
  kinds: Numbers('The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`.'),
  scopes: Numbers('The same by scope: `*` and streams.'),
  fresh: Type.Integer({ minimum: 0, description: 'Not suppressed before.' }),
  known: Type.Integer({ minimum: 0, description: 'Suppressed already.' }),
  forgotten: Type.Integer({ minimum: 0, description: 'Of recipients that were erased, who stay suppressed: not imported.' }),
  repeated: Type.Integer({ minimum: 0, description: 'Rows whose address occurred before, as the sender of the rows says.' }),
  conflicting: Type.Integer({ minimum: 0, description: 'Of these, those with another reason or scope: both are kept.' }),
  notSuppressed: Type.Integer({ minimum: 0, description: 'Rows that are no suppressions.' }),
  notSuppressedBecause: Numbers('Why they are none.'),
  timesUnread: Type.Integer({
    minimum: 0,
    description: 'Rows with a time that could not be read: they count from the start of the import.',
  }),
  unreadable: Type.Integer({ minimum: 0, description: 'Rows that could not be read.' }),
});

const Problem = Type.Object({
  row: Type.Integer({ minimum: 1, description: 'From 1, without a headline.' }),
  line: OrNull(Type.Integer({ minimum: 1, description: 'In the file, from 1. Null: it has no lines.' })),
  problem: Words,
});

const As = OneOf(['bounce', 'complaint', 'unsubscribe', 'operator'], {
  description: 'Every row is imported as this, also what would be no suppression by its reply.',
});

const Import = Type.Object({
  id: Type.String({ pattern: '^im_[0-9a-f]{24}$' }),
  name: Type.String({ description: 'Of the file.' }),
  state: OneOf([...IMPORT_STATES], { description: '`stopped`: it takes no rows until it is created again with the same file.' }),
  dryRun: Type.Boolean(),
  tenant: OrNull(Type.String({ description: 'Null: the rows say whose they are.' })),
  stream: OrNull(Words),
  as: OrNull(As),
  by: OrNull(Words),
  key: OrNull(Type.String({ description: 'Name of the API key.' })),
  rows: Type.Integer({ minimum: 0, description: 'Rows that are durable in the log, or were counted by a dry run. The next one follows.' }),
  counts: Counts,
  problems: Type.Array(Problem, { description: `The first ${MOST_PROBLEMS} rows that could not be read.` }),
  startedAt: Time,
  updatedAt: Time,
});
export type Import = Static<typeof Import>;

const AN_IMPORT: Import = {
  ...{ id: 'im_5f2c9a0b41d7e863aa190c4d', name: 'bounces.csv', state: 'running', dryRun: false, tenant: 'acme' },
  ...{ stream: null, as: null, by: 'eve', key: 'support', rows: 1_000 },
  counts: {
    ...{ formats: { 'sendgrid-bounces': 990 }, kinds: { bounce: 990, complaint: 0, unsubscribe: 0, other: 0 }, scopes: { '*': 990 } },
    ...{ fresh: 980, known: 10, forgotten: 0, repeated: 2, conflicting: 0, notSuppressed: 9 },
    ...{ notSuppressedBecause: { 'a contact': 9 }, timesUnread: 0, unreadable: 1 },
  },
  problems: [{ row: 17, line: 18, problem: 'not an email address (no @)' }],
  ...{ startedAt: A_TIME, updatedAt: A_TIME },
};

const Told = Type.Object({ row: Type.Integer({ minimum: 1 }), line: OrNull(Count), recipient: OrNull(Words), becomes: Words });

const Line = Type.Optional(OrNull(Type.Integer({ minimum: 1, description: 'In the file, from 1.' })));
const text = (most: number, description: string) => Type.Optional(OrNull(TextInput(most, description)));

const ReadRow = Type.Object({
  address: TextInput(1_000, 'As the list has it; `@` and a domain for a domain.'),
  kind: OneOf(['bounce', 'complaint', 'unsubscribe', 'other']),
  format: Type.String({ pattern: NAME.source, description: 'Name of the format of the list.', examples: ['sendgrid-bounces'] }),
  scope: Type.Optional(Scope),
  at: Type.Optional(OrNull(TimeInput({ description: 'Null: the start of the import.' }))),
  expiresAt: Type.Optional(OrNull(TimeInput())),
  reply: text(8_000, 'The SMTP reply.'),
  reason: text(1_000, "In the source's own words."),
  tenant: text(200, 'Used by an import of no tenant.'),
  by: text(256, 'Who made the entry; of our own export.'),
  note: text(1_000, 'Of our own export.'),
  source: text(256, 'Of our own export.'),
  subdomains: Type.Optional(Type.Boolean({ description: 'Of a domain: also for those below it.' })),
  mixed: Type.Optional(Type.Boolean({ description: 'The list has failures of single messages among its rows: replies decide.' })),
  timeless: Type.Optional(Type.Boolean({ description: 'The row has a time that could not be read.' })),
  repeat: Type.Optional(
    OrNull(OneOf(['same', 'other'], { description: 'The address occurred before: with the same reason, or another.' })),
  ),
  line: Line,
});
export type ReadRow = Static<typeof ReadRow>;
const KeptRow = Type.Object({
  kept: WordsInput(300, { description: 'Why it is no suppression.' }),
  address: text(1_000, 'If it was read.'),
  line: Line,
});
const UnreadRow = Type.Object({ problem: WordsInput(300, { description: 'Why it could not be read. Contains no address.' }), line: Line });
export type SentRow = ReadRow | Static<typeof KeptRow> | Static<typeof UnreadRow>;

const id = Type.Object({ id: Type.String({ pattern: '^im_[0-9a-f]{24}$', examples: [AN_IMPORT.id] }) });

export const CREATE_IMPORT = {
  operationId: 'createImport',
  summary: 'Start the import of a list, or continue it',
  description:
    'Creates a job (201) that takes rows. If the same file was begun with the same settings and is not done, that job goes on (200): `rows` says after which row. A dry run sends nothing and is never continued.',
  tags: ['imports'],
  body: Type.Object(
    {
      name: WordsInput(200, { description: 'Of the file, for people.', examples: ['bounces.csv'] }),
      fingerprint: Type.String({
        pattern: '^[A-Za-z0-9_-]{16,128}$',
        description: 'The same for the same file and the same reading of its columns, such as a hash.',
        examples: ['Zl3Jr0v2k1bq9XW7mQ4s8A'],
      }),
      tenant: Type.Optional(
        OrNull(Type.String({ pattern: NAME.source, description: 'Of all rows. Default: as the rows say, otherwise `default`.' })),
      ),
      stream: Type.Optional(OrNull(Stream)),
      as: Type.Optional(OrNull(As)),
      by: text(256, 'The person. Default: `import:` and the format.'),
      dryRun: Type.Optional(Type.Boolean({ description: 'Send nothing; say what would become of the rows.' })),
    },
    { examples: [{ name: 'bounces.csv', fingerprint: 'Zl3Jr0v2k1bq9XW7mQ4s8A', tenant: 'acme', dryRun: true }] },
  ),
  response: bodyAnswers({
    200: json('The job that goes on', Type.Object(Import.properties, { examples: [AN_IMPORT] })),
    201: json('The new job', Type.Object(Import.properties, { examples: [{ ...AN_IMPORT, rows: 0, problems: [] }] })),
  }),
};

export const SEND_ROWS = {
  operationId: 'sendImportRows',
  summary: 'Send rows of an import',
  description: `The rows after the first \`from\` ones, at most ${MOST_ROWS}: durable in the log when this is answered. A request that is repeated counts once. Each row is what it was read as: a suppression, no suppression (\`kept\`), or unreadable (\`problem\`). A dry run answers what would become of its first ${ROWS_TOLD} rows.`,
  tags: ['imports'],
  params: id,
  body: Type.Object(
    {
      from: Type.Integer({ minimum: 0, description: 'Rows before these.' }),
      rows: Type.Array(Type.Union([ReadRow, KeptRow, UnreadRow]), { maxItems: MOST_ROWS }),
      last: Type.Optional(Type.Boolean({ description: 'These are the last ones: the import is done.' })),
    },
    {
      examples: [
        {
          from: 0,
          rows: [
            { address: AN_ADDRESS, kind: 'bounce', format: 'sendgrid-bounces', at: A_TIME, reply: '550 5.1.1 no such user', line: 2 },
            { kept: 'a contact', line: 3 },
            { problem: 'not JSON', line: 4 },
          ],
          last: true,
        },
      ],
    },
  ),
  response: bodyAnswers(
    {
      200: json(
        'How far it has come',
        Type.Object(
          { ...Import.properties, first: Type.Optional(Type.Array(Told, { description: 'Of a dry run: the first rows among these.' })) },
          { examples: [{ ...AN_IMPORT, rows: 3, state: 'done' }] },
        ),
      ),
    },
    [404, 409],
  ),
};

export const STOP_IMPORT = {
  operationId: 'stopImport',
  summary: 'Stop an import',
  description: 'What was sent stays. Create it again with the same file to continue.',
  tags: ['imports'],
  params: id,
  response: answers(
    { 200: json('The stopped job', Type.Object(Import.properties, { examples: [{ ...AN_IMPORT, state: 'stopped' }] })) },
    [404, 409],
  ),
};

export const GET_IMPORT = {
  operationId: 'getImport',
  summary: 'Get an import',
  description: 'State, progress, counts and the rows that could not be read.',
  tags: ['imports'],
  params: id,
  response: answers({ 200: json('The job', Type.Object(Import.properties, { examples: [AN_IMPORT] })) }, [404]),
};

export const LIST_IMPORTS = {
  operationId: 'listImports',
  summary: 'List imports',
  description: 'The newest first, of the last 90 days. Keys of some tenants see imports of these tenants.',
  tags: ['imports'],
  querystring: Query({ tenant: Type.Optional(TenantFilter), limit: Type.Optional(Limit) }),
  response: answers({ 200: json('The imports', Type.Object({ items: Type.Array(Import) }, { examples: [{ items: [AN_IMPORT] }] })) }),
};
