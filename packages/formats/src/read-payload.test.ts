/** Files are read in chunks of any size; the result must not depend on them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from './event/index.ts';
import { formatOf } from './index.ts';
import type { Format, NormaliseContext } from './index.ts';
import { payloadElements } from './read-payload.ts';
import type { PayloadElement } from './read-payload.ts';

const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-11-25T00:00:00Z') };
const postmark = formatOf('postmark') as Format;
const record = (number: number, more = ''): object => ({
  RecordType: 'Delivery',
  MessageID: `m-${number}`,
  Recipient: `a${number}@example.com`,
  DeliveredAt: '2026-03-01T10:00:00Z',
  Details: `250 ok "{[ ünï \\ ${more}`,
});

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[index % sizes.length] as number);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(text: string | Buffer, sizes: readonly number[] = [], format = postmark): Promise<readonly PayloadElement[]> {
  const elements: PayloadElement[] = [];
  for await (const element of payloadElements({ format, chunks: chunked(Buffer.from(text as string), sizes) }, CONTEXT))
    elements.push(element);
  return elements;
}

const told = (elements: readonly PayloadElement[]): readonly string[] =>
  elements.map(
    ({ one, place }) =>
      `${place} ${one.kind === 'event' ? (one.event.messageId as string) : one.kind === 'problem' ? one.reason : one.what}`,
  );

describe('payloadElements', () => {
  it('reads lines, however the input is divided', async () => {
    const text = `\n${JSON.stringify(record(1))}\r\n\r\n{"RecordType":\n${JSON.stringify([record(2), record(3)])}\n${JSON.stringify(record(4))}`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), async (sizes) => {
        expect(told(await read(text, sizes))).toEqual(['line 2 m-1', 'line 4 unreadable', 'line 5 m-2', 'line 5 m-3', 'line 6 m-4']);
      }),
    );
  });

  it('reads a damaged first line as a line', async () => {
    expect(told(await read(`{"RecordType": "Delivery", "MessageID"\n${JSON.stringify(record(2))}\n`))).toEqual([
      'line 1 unreadable',
      'line 2 m-2',
    ]);
  });

  it('reads documents that span several lines or none, however the input is divided', async () => {
    const indented = [record(1), [record(2), record(3)], record(4)].map((one) => JSON.stringify(one, null, 2)).join('\n');
    const joined = [1, 2, 3].map((number) => JSON.stringify(record(number))).join('');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), async (sizes) => {
        expect(told(await read(indented, sizes))).toEqual(['document 1 m-1', 'document 2 m-2', 'document 2 m-3', 'document 3 m-4']);
        expect(told(await read(joined, sizes))).toEqual(['document 1 m-1', 'document 2 m-2', 'document 3 m-3']);
      }),
    );
  });

  it('reads a form as one line and a multipart form as a whole', async () => {
    const mailgun = formatOf('mailgun') as Format;
    const fields = { event: 'delivered', recipient: 'a@example.com', timestamp: '1772359200', token: 't', 'Message-Id': '<m-1>' };
    const form = new URLSearchParams(fields).toString();
    const parts = Object.entries(fields).map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    expect(told(await read(form, [7], mailgun))).toEqual(['line 1 m-1']);
    expect(told(await read(`${form}\n${form}\n`, [7], mailgun))).toEqual(['line 1 m-1', 'line 2 m-1']);
    expect(told(await read(`${parts.join('')}--b--\r\n`, [7], mailgun))).toEqual(['document 1 m-1']);
  });

  it('reads a log line by line, and JSON document by document', async () => {
    const haraka = formatOf('haraka') as Format;
    const hook = { event: 'delivered', timestamp: '2026-03-01T10:00:00Z', message_id: 'm-1', to: ['a@example.com'] };
    const line = '2026-03-01T10:00:00.000Z [NOTICE] [U-1.1] [outbound] recipient <a@example.com> deferred: 450 4.2.1 busy';
    expect(told(await read(JSON.stringify([hook, hook], null, 2), [9], haraka))).toEqual(['document 1 m-1', 'document 1 m-1']);
    expect(told(await read(`${JSON.stringify(hook)}\n${line}\n`, [9], haraka))).toEqual(['line 1 m-1', 'line 2 U-1.1']);
    expect(told(await read(`\n${line}\n${JSON.stringify(hook)}`, [9], haraka))).toEqual(['line 2 U-1.1', 'line 3 m-1']);
  });

  it('reads nothing from empty input', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\n \n')).toEqual([]);
  });

  it('reports a line that is too long, discards it, and continues after it', async () => {
    async function* long(): AsyncGenerator<Buffer> {
      yield Buffer.from(`${JSON.stringify(record(1))}\n`);
      const part = Buffer.alloc(1 << 20, 'x');
      for (let megabytes = 0; megabytes < 70; megabytes += 1) yield part;
      yield Buffer.from(`\n${JSON.stringify(record(3))}\n`);
    }
    const elements: PayloadElement[] = [];
    for await (const element of payloadElements({ format: postmark, chunks: long() }, CONTEXT)) elements.push(element);
    expect(told(elements)).toEqual(['line 1 m-1', 'line 2 too_large', 'line 3 m-3']);
  });

  it('reads a canonical event unchanged', async () => {
    const [element] = await read(JSON.stringify(record(1)));
    if (element?.one.kind !== 'event') throw new Error('no event');
    const [again] = await read(encodeEvent(element.one.event).value, [], formatOf('canonical'));
    expect(again?.one).toEqual(element.one);
  });
});
