import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NormaliseContext } from '../format.ts';
import { mailDate } from './date.ts';
import { allFields, bodyBytes, bodyText, fieldGroups, firstField, leaves, parseMail } from './mime.ts';
import type { Part } from './mime.ts';
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

  it('unfolds fields, keeps their order, and decodes their bytes', () => {
    const mail = parse('Subject: one\r\n two\r\n\tthree\r\nX: 1\r\nX: 2\r\nName: Jörg\r\n\r\nbody');
    expect(firstField(mail?.fields ?? [], 'subject')).toBe('one two three');
    expect(allFields(mail?.fields ?? [], 'x')).toEqual(['1', '2']);
    expect(firstField(mail?.fields ?? [], 'name')).toBe('Jörg');
    expect(firstField(parseMail(Buffer.from('From: a\nName: J\xf6rg\n\nx', 'latin1'))?.fields ?? [], 'name')).toBe('Jörg');
  });

  it('finds the parts of nested multiparts, without preamble and epilogue', () => {
    const mail = parse(
      'Content-Type: multipart/mixed; boundary="a b"\n\npreamble\n--a b\nContent-Type: multipart/alternative;\n boundary=c\n\n--c\n\none\n--c\nContent-Type: text/html\n\ntwo\n--c--\nbetween\n--a b  \nContent-Type: Text/X-Y; name="q\\"uote"\n\nthree\n--a b--\nepilogue\n',
    );
    const parts = mail === undefined ? [] : leaves(mail);
    expect(parts.map((part) => `${part.type} ${bodyText(part).trim()}`)).toEqual(['text/plain one', 'text/html two', 'text/x-y three']);
    expect(parts[2]?.parameters.get('name')).toBe('q"uote');
  });

  it('distinguishes a boundary from a longer one that begins with it', () => {
    const mail = parse('Content-Type: multipart/mixed; boundary=ab\n\n--abc\nno\n--ab\n\nyes\n--abc\nstill\n--ab--\n');
    expect(mail === undefined ? [] : leaves(mail).map((part) => bodyText(part))).toEqual(['yes\n--abc\nstill\n']);
  });

  it('keeps a letter at the end of a line although its last byte alone would be a space', () => {
    // "à" is 0xC3 0xA0, and 0xA0 alone is a no-break space.
    const mail = parse('Name: voilà\nOther: é \u{FFFD} à\n\nx');
    expect(mail?.fields.slice(1)).toEqual([
      { name: 'name', value: 'voilà' },
      { name: 'other', value: 'é \u{FFFD} à' },
    ]);
  });

  it.each([
    ['a byte order mark', '\u{FEFF}'],
    ['blank lines', '\r\n  \n'],
    ['the line of a mailbox', 'From a@x.example Sun Mar  1 10:00:00 2026\n'],
  ])('begins after %s', (_name, before) => {
    expect(parseMail(Buffer.from(`${before}From: a@x.example\n\nx`))?.fields).toEqual([{ name: 'from', value: 'a@x.example' }]);
  });

  it('reads a view of a larger buffer within its bounds', () => {
    const bytes = Buffer.from('Subject: no\n\nFrom: a@x.example\n\nbody, and more');
    const mail = parseMail(bytes.subarray(13, bytes.length - 10));
    expect(mail?.fields).toEqual([{ name: 'from', value: 'a@x.example' }]);
    expect(mail === undefined ? '' : bodyText(mail)).toBe('body');
  });

  const leaf = (body: string, encoding?: string): Part => ({
    fields: encoding === undefined ? [] : [{ name: 'content-transfer-encoding', value: encoding }],
    type: 'a/b',
    parameters: new Map<string, string>(),
    body: Buffer.from(body),
    children: [],
  });

  it.each([
    ['BASE64', 'aGVsbG8=', 'hello'],
    ['base64', 'aGVs\r\nbG8=\r\n', 'hello'],
    ['base64', ' aG!V-s\0bG_8 ', 'hello'],
    // Each line is padded separately.
    ['base64', 'aGU=\nbGxv\nIQ==\nIQ==', 'hello!!'],
    ['base64', 'a', ''],
    ['base64', '', ''],
    ['quoted-printable', 'a=3Db=\nc=3d', 'a=bc='],
    ['quoted-printable', 'a= \t\r\nb=C3=BC', 'abü'],
    ['quoted-printable', 'a=3 =G1 ==41 =', 'a=3 =G1 =A ='],
    ['8bit', 'a=3D', 'a=3D'],
    [undefined, 'a=3D', 'a=3D'],
  ])('decodes %s: %j', (encoding, body, wanted) => {
    expect(bodyText(leaf(body, encoding))).toBe(wanted);
  });

  it('decodes transfer encodings up to a limit', () => {
    expect(bodyText(leaf('abcdef'), 3)).toBe('abc');
    expect(bodyText(leaf('aGVsbG8=', 'base64'), 4)).toBe('hel');
  });

  it('decodes any bytes to what was encoded', () => {
    const lines = (text: string): string => text.replaceAll(/.{76}/g, '$&\r\n');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(bodyBytes(leaf(lines(Buffer.from(bytes).toString('base64')), 'base64'), 1_000))).toEqual(Buffer.from(bytes));
        const quoted = [...bytes].map((byte) => `=${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('=\r\n');
        expect(Buffer.from(bodyBytes(leaf(quoted, 'quoted-printable'), 5_000))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('groups fields by blank lines and skips lines that are not fields', () => {
    expect(fieldGroups(leaf('A: 1\n\n\nnoise\nB: 2\n folded\n\nC: 3'))).toEqual([
      [{ name: 'a', value: '1' }],
      [{ name: 'b', value: '2 folded' }],
      [{ name: 'c', value: '3' }],
    ]);
  });

  it.each([
    ['Name : value', { name: 'name', value: 'value' }],
    ['X-Y: a:b', { name: 'x-y', value: 'a:b' }],
    ['N:', { name: 'n', value: '' }],
    [`${'n'.repeat(128)}: 1`, { name: 'n'.repeat(128), value: '1' }],
    [`${'n'.repeat(129)}: 1`, undefined],
    ['two words: 1', undefined],
    [': 1', undefined],
    ['näme: 1', undefined],
    ['no colon', undefined],
  ])('reads the line %j as a field', (line, wanted) => {
    expect(parse(`${line}\n\nx`)?.fields.slice(1)).toEqual(wanted === undefined ? [] : [wanted]);
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
