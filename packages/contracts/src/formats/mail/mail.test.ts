import { describe, expect, it } from 'vitest';
import type { NormaliseContext } from '../format.ts';
import { mailDate } from './date.ts';
import { allFields, bodyBytes, fieldGroups, firstField, leaves, parseMail } from './mime.ts';
import { bareMessageId } from './report.ts';

const context: NormaliseContext = { tenant: 'a', stream: 'b', referenceTime: Date.parse('2026-12-01T00:00:00Z') };

describe('dates of mails', () => {
  it.each([
    ['Wed, 11 Mar 2026 10:00:00 +0000', '2026-03-11T10:00:00.000Z'],
    ['Fri, 11 Mar 2026 10:00:00 -0530 (a comment)', '2026-03-11T15:30:00.000Z'],
    ['11 Mar 2026 10:00 GMT', '2026-03-11T10:00:00.000Z'],
    ['Thu,29 Apr 2010 23:34:45 +0900', '2010-04-29T14:34:45.000Z'],
    ['Thu, 02 Jul 26 18:55:38 UTC', '2026-07-02T18:55:38.000Z'],
    ['Thu, 02 Jul 94 18:55:38 EDT', '1994-07-02T22:55:38.000Z'],
    ['Thu, 9 Apr 2006 23:34:45 JST', '2006-04-09T14:34:45.000Z'],
    ['Thu, 9 Apr 2006 23:34:45 CEST', '2006-04-09T21:34:45.000Z'],
    ['Thu, 9 Apr 2006 23:34:45 XYZ', '2006-04-09T23:34:45.000Z'],
    ['Thu, 9 Apr 2006 23:34:45', '2006-04-09T23:34:45.000Z'],
    ['Wed Mar 11 10:00:00 2026', '2026-03-11T10:00:00.000Z'],
    ['Wed Mar 11 10:00:00 -0100 2026', '2026-03-11T11:00:00.000Z'],
    ['Wed, 11-Mar-2026 10:00:00 +0000', '2026-03-11T10:00:00.000Z'],
    ['2026-03-11T10:00:00.123Z', '2026-03-11T10:00:00.123Z'],
    ['2012-10-31 04-46-42', undefined],
    ['Wed, 31 Feb 2026 10:00:00 +0000', undefined],
    ['Wed, 11 Foo 2026 10:00:00 +0000', undefined],
    ['tomorrow', undefined],
    ['', undefined],
  ])('%s', (text, wanted) => {
    const moment = mailDate(text, context);
    expect(moment?.ok === true ? new Date(moment.at).toISOString() : undefined).toBe(wanted);
  });
});

describe('the structure of a mail', () => {
  const parse = (text: string) => parseMail(Buffer.from(`From: a@x.example\n${text}`));

  it('unfolds fields, keeps their order, reads their bytes', () => {
    const mail = parse('Subject: one\r\n two\r\n\tthree\r\nX: 1\r\nX: 2\r\nName: Jörg\r\n\r\nbody');
    expect(firstField(mail?.fields ?? [], 'subject')).toBe('one two three');
    expect(allFields(mail?.fields ?? [], 'x')).toEqual(['1', '2']);
    expect(firstField(mail?.fields ?? [], 'name')).toBe('Jörg');
    expect(firstField(parseMail(Buffer.from('From: a\nName: J\xf6rg\n\nx', 'latin1'))?.fields ?? [], 'name')).toBe('Jörg');
  });

  it('finds the parts of nested multiparts, preamble and epilogue left out', () => {
    const mail = parse(
      'Content-Type: multipart/mixed; boundary="a b"\n\npreamble\n--a b\nContent-Type: multipart/alternative;\n boundary=c\n\n--c\n\none\n--c\nContent-Type: text/html\n\ntwo\n--c--\nbetween\n--a b  \nContent-Type: Text/X-Y; name="q\\"uote"\n\nthree\n--a b--\nepilogue\n',
    );
    const parts = mail === undefined ? [] : leaves(mail);
    expect(parts.map(({ type, body }) => `${type} ${body.trim()}`)).toEqual(['text/plain one', 'text/html two', 'text/x-y three']);
    expect(parts[2]?.parameters.get('name')).toBe('q"uote');
  });

  it('takes a boundary within another for what it is', () => {
    const mail = parse('Content-Type: multipart/mixed; boundary=ab\n\n--abc\nno\n--ab\n\nyes\n--abc\nstill\n--ab--\n');
    expect(mail === undefined ? [] : leaves(mail).map(({ body }) => body)).toEqual(['yes\n--abc\nstill\n']);
  });

  it('undoes transfer encodings up to a limit', () => {
    const part = {
      fields: [{ name: 'content-transfer-encoding', value: 'BASE64' }],
      type: 'a/b',
      parameters: new Map<string, string>(),
      body: 'aGVsbG8=',
      children: [],
    };
    expect(bodyBytes(part, 100)).toBe('hello');
    expect(bodyBytes({ ...part, fields: [{ name: 'content-transfer-encoding', value: 'quoted-printable' }], body: 'a=3Db=\nc' }, 100)).toBe(
      'a=bc',
    );
    expect(bodyBytes({ ...part, fields: [], body: 'abcdef' }, 3)).toBe('abc');
  });

  it('groups fields by blank lines and passes over what is none', () => {
    const part = {
      fields: [],
      type: 'a/b',
      parameters: new Map<string, string>(),
      body: 'A: 1\n\n\nnoise\nB: 2\n folded\n\nC: 3',
      children: [],
    };
    expect(fieldGroups(part)).toEqual([[{ name: 'a', value: '1' }], [{ name: 'b', value: '2 folded' }], [{ name: 'c', value: '3' }]]);
  });

  it.each([
    ['nested 5,000 deep', Array.from({ length: 5_000 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`).join('')],
    ['of 200,000 boundaries', `Content-Type: multipart/mixed; boundary=b\n\n${'--b\n'.repeat(200_000)}`],
    ['of 200,000 lines like boundaries', `Content-Type: multipart/mixed; boundary=b\n\n${'--bb\n'.repeat(200_000)}`],
    ['of 300,000 fields', 'X: 1\n'.repeat(300_000)],
    ['of one endless field', `X: ${'a'.repeat(5_000_000)}\n\n`],
    ['of one field, folded without end', `X: 1\n${' a\n'.repeat(500_000)}\n`],
    ['of blanks', ' '.repeat(3_000_000)],
    ['of carriage returns', `X: 1${'\r'.repeat(3_000_000)}`],
    ['of unclosed quotes', `Content-Type: a/b${'; a="'.repeat(500_000)}`],
  ])('a hostile mail %s is read in one pass', (_name, text) => {
    const started = performance.now();
    const mail = parse(text);
    if (mail !== undefined) for (const part of leaves(mail)) fieldGroups(part);
    // A pass over some megabytes takes tens of milliseconds; what is quadratic would take minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each([
    ['<a@b.example>', 'a@b.example'],
    [' < a@b.example > ', 'a@b.example'],
    ['a@b.example', 'a@b.example'],
    ['', undefined],
    ['<>', undefined],
  ])('message id %j', (value, wanted) => {
    expect(bareMessageId(value)).toBe(wanted);
  });
});
