import type { Readable } from 'node:stream';
import { schemaOf } from '@desist/contracts';
import type { SchemaName } from '@desist/contracts';
import { Type } from 'typebox';
import { Limit, Query, TenantFilter } from './basics.ts';
import { answers } from './problem.ts';
import { A_RECORDED_CHANGE } from './recipients.ts';

interface ChangeSchema {
  readonly $schema: string;
  readonly $id: string;
  readonly properties: { readonly type: { readonly enum: readonly string[] } };
}

const schemas = (['change', 'incident-change'] as const satisfies readonly SchemaName[]).map((name) => schemaOf(name) as ChangeSchema);

/** Types of changes: those of recipients, and those of incidents. */
export const CHANGE_TYPES: readonly string[] = schemas.flatMap(({ properties }) => properties.type.enum);

/** A change of a recipient or of an incident, as on `suppression-events`. */
const Change = Type.Unsafe<object>({ anyOf: schemas.map(({ $schema: _, $id: __, ...schema }) => schema) });

/** Of an installation with 256 partitions. */
export const CURSOR_LIMIT = 8_192;
const cursor = { minLength: 1, maxLength: CURSOR_LIMIT };

const Types = Type.Refine(
  Type.String({
    minLength: 1,
    maxLength: 1_024,
    description: 'Types of changes, separated by commas. Default: all.',
    examples: ['suppressed,released'],
  }),
  (text) => text.split(',').every((type) => CHANGE_TYPES.includes(type)),
  () => `must be types of changes, separated by commas: ${CHANGE_TYPES.join(', ')}`,
);

const A_CHANGE = { ...A_RECORDED_CHANGE, sequence: { partition: 3, number: 812 } };

export const LIST_CHANGES = {
  operationId: 'listChanges',
  summary: 'Read the published changes in order',
  description:
    'In order per recipient, from the database. `cursor` covers all partitions: ask again with `after`. With `Accept: text/event-stream` the same as server-sent events: `id` is the cursor, `data` a change; `Last-Event-ID` goes on behind it. 410: changes behind the cursor were deleted by age, or the database went back; read the list anew and follow with `last=0`. A page reads a bounded number of changes, so with a filter it may be empty while `more` is true.',
  tags: ['suppressions'],
  headers: Type.Object({
    'last-event-id': Type.Optional(
      Type.String({ ...cursor, description: 'For server-sent events: goes on behind this event; wins over `after`.' }),
    ),
  }),
  querystring: Query({
    tenant: Type.Optional(TenantFilter),
    types: Type.Optional(Types),
    after: Type.Optional(
      Type.String({ ...cursor, description: '`cursor` of an earlier answer. Default: the oldest change that is kept.' }),
    ),
    last: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000,
        description: 'Without `after`: begins with the last so many changes; 0: only what is published from now on.',
      }),
    ),
    limit: Type.Optional(Limit),
  }),
  response: answers(
    {
      200: {
        description: 'Changes, as JSON or as server-sent events',
        content: {
          'application/json': {
            schema: Type.Object(
              {
                items: Type.Array(Change),
                cursor: Type.String({ description: 'Where these changes end.' }),
                more: Type.Boolean({ description: 'There are more already.' }),
              },
              { examples: [{ items: [A_CHANGE], cursor: 'WzgxMl0', more: false }] },
            ),
          },
          'text/event-stream': { schema: Type.Unsafe<Readable>(Type.String()) },
        },
      },
    },
    [410],
  ),
};
