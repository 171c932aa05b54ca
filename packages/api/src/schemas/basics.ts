/** Schemas of values that many operations share. A schema is at once the type, the validation and the documentation of its value. */
import { NAME, parseTime } from '@desist/formats/event';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { ADDRESS_LIMIT, readAddress, readDomain, readPrefix, readRecipient } from '../address.ts';

export const AN_ADDRESS = 'alice@example.com';
export const A_TIME = '2026-03-01T10:00:00.000Z';

/** Null means the same as leaving the member out. */
export const OrNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

interface Described {
  readonly description?: string;
}

export const Count = Type.Integer({ minimum: 0 });
export const Words = Type.String();

const name = { pattern: NAME.source, examples: ['acme'] };
export const Name = Type.String(name);
export const Tenant = Type.String({ ...name, description: "Default: the key's only tenant, otherwise `default`." });
export const TenantFilter = Type.String({ ...name, description: 'Default: every tenant that the key may see.' });
export const Stream = Type.String({ ...name, description: 'Default: `default`.', examples: ['marketing'] });
export const Scope = Type.String({
  pattern: '^(\\*|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$',
  description: '`*` (all streams) or the name of a stream.',
  examples: ['*'],
});

/** A time in a response. */
export const Time = Type.String({ format: 'date-time', examples: [A_TIME] });
/** A time in a request. Validated by `parseTime`. */
export const TimeInput = (options: Described = {}) =>
  Type.Refine(
    Type.String({ format: 'date-time', examples: [A_TIME], ...options }),
    (text) => parseTime(text) !== undefined,
    () => 'must be an RFC 3339 time since 1970',
  );

const wrongAddress = (text: string): string => {
  const read = readAddress(text);
  return `must be an email address${read.ok ? '' : ` (${read.problem})`}`;
};
/** An address in any spelling; `readAddress` normalises it. */
export const AddressInput = (options: Described = {}) =>
  Type.Refine(
    Type.String({ minLength: 3, maxLength: ADDRESS_LIMIT, examples: [AN_ADDRESS], ...options }),
    (text) => readAddress(text).ok,
    wrongAddress,
  );
/** An address in any spelling, or `@` and a domain; `readRecipient` normalises it. */
export const RecipientInput = (options: Described = {}) =>
  Type.Refine(
    Type.String({ minLength: 2, maxLength: ADDRESS_LIMIT, examples: [AN_ADDRESS], ...options }),
    (text) => readRecipient(text).ok,
    (text) => {
      const read = readRecipient(text);
      return `must be an email address, or @ and a domain${read.ok ? '' : ` (${read.problem})`}`;
    },
  );
export const DomainInput = (options: Described = {}) =>
  Type.Refine(
    Type.String({ minLength: 1, maxLength: ADDRESS_LIMIT, examples: ['example.com'], ...options }),
    (text) => readDomain(text).ok,
    () => 'must be the part of an address after the @',
  );
export const PrefixInput = (options: Described = {}) =>
  Type.Refine(
    Type.String({ minLength: 1, maxLength: 320, examples: ['alice'], ...options }),
    (text) => readPrefix(text) !== undefined,
    () => 'must be the beginning of an address',
  );

/** Text for people that every database can store. */
export const TextInput = (maxLength: number, description: string) =>
  Type.Refine(
    Type.String({ maxLength, description }),
    (text) => text.isWellFormed() && !text.includes('\0'),
    () => 'must be text without U+0000 and without unpaired surrogates',
  );

/** Like `TextInput`, and not blank. */
export const WordsInput = (maxLength: number, options: { readonly description?: string; readonly examples?: string[] }) =>
  Type.Refine(
    Type.String({ minLength: 1, maxLength, ...options }),
    (text) => text.trim() !== '' && text.isWellFormed() && !text.includes('\0'),
    () => 'must be text that is not blank, without U+0000 and without unpaired surrogates',
  );

/** A rule between members of an object. `description`: `name: what is required`, which becomes the error message at that member. */
export const Rule = (description: string, holds: (value: Readonly<Record<string, unknown>>) => boolean) =>
  Type.Refine(
    Type.Unknown({ description }),
    (value) => typeof value !== 'object' || value === null || holds(value as Readonly<Record<string, unknown>>),
    () => description,
  );

/** A string enumeration. */
export const OneOf = <const T extends readonly string[]>(values: T, options: { readonly [keyword: string]: unknown } = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options });

export const STATES = ['healthy', 'deferred', 'persistent', 'soft_bounced', 'suppressed'] as const;
export const State = OneOf([...STATES], { examples: ['suppressed'] });
export const UNHEALTHY_STATES = [
  'deferred',
  'persistent',
  'soft_bounced',
  'suppressed',
] as const satisfies readonly (typeof STATES)[number][];
export const REASONS = ['persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator'] as const;
export const Reason = OneOf([...REASONS], { examples: ['hard_bounce'] });
/** Why sending is not allowed. Of a domain's entry, the reason and which entry it is. */
export const BlockReason = Type.String({
  pattern: `^(${[...REASONS, 'invalid_address', 'unavailable'].join('|')}|operator @.+)$`,
  examples: ['hard_bounce', 'operator @example.com'],
});

/** Unknown parameters are errors: a misspelt filter must not list everything. */
export const Query = <T extends Record<string, TSchema>>(parameters: T) => Type.Object(parameters, { additionalProperties: false });
export const Cursor = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description: '`cursor` of the previous page, with the same filters.',
});
export const Limit = Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: 'Items per page.' });
export const DEFAULT_LIMIT = 100;
export const NextCursor = OrNull(Type.String({ description: 'Where the next page begins; null after the last page.' }));
export const Page = <T extends TSchema>(item: T, examples: readonly unknown[]) =>
  Type.Object({ items: Type.Array(item), cursor: NextCursor }, { examples: [...examples] });
