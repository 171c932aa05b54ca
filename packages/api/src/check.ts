/** `POST /v1/check`: may I send? One answer per recipient, whatever was sent. */
import { normaliseAddress } from '@desist/contracts';
import type { FastifyInstance } from 'fastify';
import { decide } from '@desist/pipeline';
import { checkCount, nameOf, objectOf } from './input.ts';
import { when } from './output.ts';
import { Problem } from './problem.ts';
import type { ApiOptions } from './server.ts';

export async function checkRoute(app: FastifyInstance, { reader, time }: ApiOptions): Promise<void> {
  app.post('/v1/check', async (request) => {
    const body = objectOf(request.body);
    const tenant = nameOf(body['tenant'], 'tenant');
    const stream = nameOf(body['stream'], 'stream');
    const recipients: unknown = body['recipients'];
    if (!Array.isArray(recipients)) throw new Problem(400, 'recipients: must be an array of email addresses');
    checkCount(recipients);
    const read = recipients.map((sent: unknown) => {
      const normalised = typeof sent === 'string' ? normaliseAddress(sent) : undefined;
      return { sent, address: normalised?.ok === true ? normalised.address : undefined };
    });
    // The clocks first: then everything up to them is in the answers.
    const clocks = await reader.clocks();
    const addresses = [...new Set(read.flatMap(({ address }) => address ?? []))];
    const answers = addresses.length === 0 ? [] : await reader.check(tenant, addresses);
    const known = new Map(answers.map((checked) => [checked.address, checked]));
    const now = time.now();
    const results = read.map(({ sent, address }) => {
      if (address === undefined) return { recipient: sent, allowed: false, reasons: ['invalid_address'], state: null, expiresAt: null };
      const checked = known.get(address);
      if (checked === undefined) throw new Error('the reader left an address out');
      const { allowed, reasons, expiresAt } = decide(checked, stream, now);
      return { recipient: sent, allowed, reasons, state: checked.state, expiresAt: when(expiresAt) };
    });
    return { results, asOf: clocks.map(({ partition, clock }) => ({ partition, clock: when(clock) })) };
  });
}
