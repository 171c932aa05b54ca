/** Events and commands over HTTP: the schemas of the topics, except that null means the same as leaving a member out. */
import { schemaOf } from '@desist/contracts';
import type { SchemaName } from '@desist/contracts';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { A_TIME, AddressInput, AN_ADDRESS, RecipientInput } from './basics.ts';

interface TopicSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, TSchema>>;
}

/** A validated item of a request: a JSON object. */
export type Item = Readonly<Record<string, unknown>>;

function itemSchema(name: SchemaName, $id: string, optional: readonly string[], example: object) {
  // What depends on the type, the decoder checks: it says what is wrong with which field.
  const {
    $schema: _,
    required,
    properties,
    if: __,
    then: ___,
    ...schema
  } = schemaOf(name) as TopicSchema & Readonly<Record<'$schema' | 'if' | 'then', unknown>>;
  const members = Object.entries(properties).map(([key, member]): [string, TSchema] => {
    if (key === 'recipient')
      return [
        key,
        name === 'command'
          ? RecipientInput({ description: 'An address; for `suppress`, `release` and `amend` also `@` and a domain.' })
          : AddressInput(),
      ];
    return [key, required.includes(key) && !optional.includes(key) ? member : orNull(inWords(member))];
  });
  return Type.Unsafe<Item>({
    ...schema,
    $id,
    required: required.filter((key) => !optional.includes(key)),
    properties: Object.fromEntries(members),
    examples: [example],
  });
}

/** The default in words: client generators make a member with a `default` one that must be given. */
function inWords(member: TSchema): TSchema {
  const { default: otherwise, description, ...rest } = member as { default?: string; description?: string };
  if (otherwise === undefined) return member;
  const words = `Default: \`${otherwise}\`.`;
  return { ...rest, description: description === undefined ? words : `${description}. ${words}` };
}

/** Allows null. A member without `type` has `enum` or `const`. */
function orNull(member: TSchema): TSchema {
  const { type, enum: values, const: value } = member as { type?: string | string[]; enum?: unknown[]; const?: unknown };
  if (type !== undefined) return { ...member, type: [...new Set([type, 'null'].flat())] };
  if (values !== undefined) return { ...member, enum: [...new Set([...values, null])] };
  return value === undefined ? member : { anyOf: [member, { type: 'null' }] };
}

export const DeliveryEvent = itemSchema('delivery-event', 'DeliveryEvent', [], {
  version: 1,
  type: 'deferred',
  recipient: AN_ADDRESS,
  occurredAt: A_TIME,
  messageId: 'm-1001',
  smtp: { code: 452, enhanced: '4.2.2', text: '452 4.2.2 The email account that you tried to reach is over quota' },
});

/** `version` defaults to 1, `occurredAt` to the present. */
export const Command = itemSchema('command', 'Command', ['version', 'occurredAt'], {
  type: 'release',
  recipient: AN_ADDRESS,
  by: 'support',
});
