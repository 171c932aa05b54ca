import { Type } from 'typebox';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressInput, OrNull, Query, TimeInput } from '../schemas/basics.ts';
import { compileValidator, MOST_MISTAKES, validatorOf } from './validation.ts';

const Body = Type.Object({
  tenant: Type.Optional(OrNull(Type.String({ pattern: '^[a-z]+$', examples: ['acme'] }))),
  kind: Type.Optional(Type.Enum(['a', 'b'])),
  recipient: AddressInput(),
  smtp: Type.Optional(Type.Object({ code: Type.Integer({ minimum: 200, maximum: 599 }) })),
  list: Type.Array(Type.Integer(), { minItems: 1 }),
});

describe('validation errors', () => {
  test('of a body are all reported, each once, with place and expected value', () => {
    const mistakes = validatorOf(Body)({ tenant: '1', kind: 'c', recipient: 'nobody', smtp: { code: 7 }, list: [1, 'x', 2.5] });
    expect(mistakes).toEqual([
      { pointer: '#/tenant', detail: 'tenant: must match ^[a-z]+$, for example acme' },
      { pointer: '#/kind', detail: 'kind: must be one of a, b' },
      { pointer: '#/recipient', detail: 'recipient: must be an email address (no local part and domain around an @)' },
      { pointer: '#/smtp/code', detail: 'smtp.code: must be at least 200' },
      { pointer: '#/list/1', detail: 'list.1: must be an integer' },
      { pointer: '#/list/2', detail: 'list.2: must be an integer' },
    ]);
  });

  test('cover missing fields, wrong types, and a body that is not an object', () => {
    const validate = validatorOf(Body);
    expect(validate({ list: null })).toEqual([
      { pointer: '#/recipient', detail: 'recipient: must be given' },
      { pointer: '#/list', detail: 'list: must be an array' },
    ]);
    expect(validate(null)).toEqual([{ pointer: '#', detail: 'the body: must be an object' }]);
    expect(validate({ tenant: null, recipient: 'A@b.c', list: [1] })).toEqual([]);
  });

  test('are limited in number', () => {
    const mistakes = validatorOf(Type.Array(Type.Integer()))(Array.from({ length: 10_000 }, () => 'x'));
    expect(mistakes).toHaveLength(MOST_MISTAKES);
  });

  test('do not repeat names that a caller invented, because they may be addresses', () => {
    const [mistake] = validatorOf(Query({ limit: Type.Optional(Type.Integer()) }), 'parameter')({ 'alice@example.com': '1' });
    expect(mistake?.detail).toContain('known: limit');
    expect(JSON.stringify(mistake)).not.toContain('alice');
    expect(validatorOf(Query({}), 'parameter')({ resaon: 'x' })).toMatchObject([
      { parameter: 'resaon', detail: expect.stringMatching(/^resaon: is unknown/) as string },
    ]);
  });
});

describe('a query string', () => {
  const schema = Query({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    since: Type.Optional(TimeInput()),
    name: Type.Optional(Type.String()),
  });
  const validate = compileValidator({ schema, method: 'GET', url: '/', httpPart: 'querystring' });

  test('has integers in integer fields, and text in all others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (limit) => {
        expect(validate({ limit: String(limit), name: String(limit) })).toEqual({ value: { limit, name: String(limit) } });
      }),
    );
    for (const limit of ['', ' 5', '0x10', '1e2', '-1', '5.0', 'true', ['1', '2']])
      expect(validate({ limit }), String(limit)).toHaveProperty('error');
  });

  test('accepts only times that exist', () => {
    expect(validate({ since: '2026-03-01T10:00:00Z' })).toHaveProperty('value');
    for (const since of ['2026-02-30T10:00:00Z', '2026-03-01', '1969-12-31T23:59:59Z']) expect(validate({ since })).toHaveProperty('error');
  });
});
