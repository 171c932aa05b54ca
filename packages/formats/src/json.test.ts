import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonSplitter, jsonPieces, parseJson, rawOf, TOO_LARGE, utf8 } from './json.ts';

describe('parseJson', () => {
  it('keeps all digits of a whole number that a double cannot represent', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (id) => {
        const read = parseJson(`{"id": ${id}, "list": [${id}], "half": 0.1281740665435791}`) as {
          id: unknown;
          list: unknown[];
          half: unknown;
        };
        expect(String(read.id)).toBe(String(id));
        expect(read.list).toEqual([read.id]);
        expect(typeof read.id).toBe(Number.isSafeInteger(Number(id)) ? 'number' : 'string');
        expect(read.half).toBe(0.1281740665435791);
      }),
    );
  });

  it('agrees with JSON.parse on everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
        // A long number makes the parser use its slow path for the whole document.
        expect(parseJson(`[9007199254740993, ${text}]`)).toEqual(['9007199254740993', JSON.parse(text)]);
      }),
    );
  });

  it('returns undefined, and does not throw, for invalid or too deeply nested JSON', () => {
    expect(parseJson('{"a":')).toBeUndefined();
    expect(parseJson('')).toBeUndefined();
    const deep = '['.repeat(200_000) + '9007199254740993' + ']'.repeat(200_000);
    expect(() => parseJson(deep)).not.toThrow();
    expect(() => rawOf(parseJson('['.repeat(200_000) + ']'.repeat(200_000)), 'instead')).not.toThrow();
  });
});

describe('jsonPieces', () => {
  const documents = fc.array(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), {
    minLength: 1,
    maxLength: 6,
  });

  it('finds every document, whatever separates them', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom('', '\n', ' ', '\r\n\r\n', ',', ',\n'), fc.boolean(), (given, between, indented) => {
        const text = given.map((one) => JSON.stringify(one, null, indented && given.length > 1 ? 2 : 0)).join(between);
        const found = jsonPieces(text);
        expect(found.map((piece) => (piece.ok ? piece.value : piece.problem))).toEqual(given.map((one) => parseJson(JSON.stringify(one))));
      }),
    );
  });

  it('reports a broken line as a problem of its own', () => {
    const pieces = jsonPieces('{"a":1}\n{"a":\n\n[2]\nnonsense\n{"a":3}{"a":4}');
    expect(pieces.map((piece) => (piece.ok ? piece.value : piece.text))).toEqual([{ a: 1 }, '{"a":', [2], 'nonsense', { a: 3 }, { a: 4 }]);
  });

  it('keeps all text that is not JSON', () => {
    expect(
      jsonPieces('hello {"a":1} there')
        .map((piece) => piece.text)
        .join(''),
    ).toContain('hello');
    expect(jsonPieces('{"a": "unended').map((piece) => piece.text)).toEqual(['{"a": "unended']);
    expect(jsonPieces('  \n ')).toEqual([]);
  });
});

describe('createJsonSplitter', () => {
  const documents = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 8 });

  it('finds the same documents, however the input is divided into chunks', () => {
    fc.assert(
      fc.property(documents, fc.array(fc.nat({ max: 40 })), (given, cuts) => {
        const texts = given.map((one) => JSON.stringify(one));
        const whole = texts.join(' ');
        const splitter = createJsonSplitter(1_000_000);
        const pieces: unknown[] = [];
        let at = 0;
        for (const cut of [...cuts, whole.length]) {
          pieces.push(...splitter.push(whole.slice(at, at + cut)));
          at += cut;
        }
        pieces.push(...splitter.push(whole.slice(at)), ...splitter.end());
        expect(pieces).toEqual(texts);
      }),
    );
  });

  it('an empty chunk between a backslash and the escaped character changes nothing', () => {
    const splitter = createJsonSplitter(100);
    expect([...splitter.push('{"\\'), ...splitter.push(''), ...splitter.push('"":1} {"a":2}'), ...splitter.end()]).toEqual([
      '{"\\"":1}',
      '{"a":2}',
    ]);
  });

  it('reports a document that is too long once, and continues after it', () => {
    const splitter = createJsonSplitter(10);
    expect([
      ...splitter.push('{"a":1}{"long":"0123456789'),
      ...splitter.push('0123456789"}{"b":'),
      ...splitter.push('2}'),
      ...splitter.end(),
    ]).toEqual(['{"a":1}', TOO_LARGE, '{"b":2}']);
  });
});

describe('utf8', () => {
  it('drops a byte order mark and replaces invalid UTF-8', () => {
    expect(utf8(Buffer.from('\uFEFF{}'))).toBe('{}');
    expect(utf8(Uint8Array.of(0xff, 0x7b))).toBe('\uFFFD{');
  });
});
