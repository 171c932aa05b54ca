/** `desist advise`: how to send to a provider, from what is known and, with a service, from what it has seen. */
import { adviceFor, GREYLISTING_SIGNS, isKnownProvider, providerOf, RETRY_SOURCE, SENDING_ADVICE } from '@desist/verdicts';
import type { ExplainedSenderReply } from '@desist/contracts';
import type { Hints, SendingAdvice } from '@desist/verdicts';
import { duration, hintLines, ladder, sendingLine } from '../advice.ts';
import { createClient, queryOf } from '../client.ts';
import { choice, defineCommand, JSON_OPTION, value } from '../command.ts';
import { SENDING_FORMS } from '../sending-forms.ts';
import { senderReplyLines } from '../sender-incidents.ts';
import { printable, say, sayJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'advise',
  section: 'Files, without a service',
  summary: 'advise connections and retries for a provider, as text or as configuration of a mail server',
  operands: { name: 'PROVIDER', summary: 'as in gmail, or a domain; without one, all that is known', least: 0, most: 1 },
  options: {
    format: choice(['text', 'kumomta', 'postfix', 'powermta'], 'text for people, or a configuration'),
    url: value('URL', 'of a running service, or DESIST_URL: the text then says what it has seen in the last hour'),
    tenant: value('TENANT', 'with a service: only mail of this tenant'),
    ...JSON_OPTION,
  },
  examples: ['desist advise gmail', 'desist advise --format postfix', 'desist advise outlook.com --url http://127.0.0.1:8425'],
  run: async ({ operands: [asked], options: { format, url, tenant, json } }) => {
    const provider = asked === undefined ? undefined : nameOf(asked);
    const advice = provider === undefined ? SENDING_ADVICE : [adviceFor(provider)];
    const service = url ?? process.env['DESIST_URL'];
    const seen = service === undefined || provider === undefined ? undefined : await seenBy(service, provider, tenant);
    if (format !== 'text') {
      // All three forms have the same comments.
      const comments = seen?.seen === undefined ? [] : seenOnceLines(seen.seen).map((line) => `# ${printable(line)}`);
      say(...comments, ...SENDING_FORMS[format](advice));
    } else if (json) {
      for (const one of advice)
        sayJson(seen === undefined ? one : { ...one, recent: seen.recent, seen: seen.seen, openIncidents: seen.openIncidents });
    } else printText(provider, advice, seen);
  },
});

/** The provider of a domain; a provider is its own. */
function nameOf(asked: string): string {
  const name = asked.toLowerCase();
  return isKnownProvider(name) ? name : providerOf(name);
}

interface Seen {
  readonly recent: {
    readonly failing: number;
    readonly delivered: number;
    readonly codes: readonly { readonly code: string; readonly count: number }[];
    readonly samples: readonly string[];
  } | null;
  readonly openIncidents: readonly { readonly id: string; readonly from: string }[];
  /** Of a service of this version. */
  readonly seen?: SeenOnce;
}

interface SeenOnce {
  readonly limits: readonly (ExplainedSenderReply & { readonly hints: Hints })[];
  readonly greylisting: { readonly count: number; readonly p50: number; readonly p90: number } | null;
}

const seenBy = async (url: string, provider: string, tenant: string | undefined): Promise<Seen> =>
  (await createClient(url).get(`/v1/providers/${encodeURIComponent(provider)}${queryOf({ tenant })}`)) as Seen;

function printText(provider: string | undefined, advice: readonly SendingAdvice[], seen: Seen | undefined): void {
  for (const one of advice) {
    // A domain that is not known by itself is advised as a small one.
    say(one.provider === '*' && provider !== undefined ? `${provider}: as ${sendingLine(one)}` : sendingLine(one));
  }
  say('', `retries: ${ladder()}`, `         [${RETRY_SOURCE}]`, `greylisting: ${GREYLISTING_SIGNS.join('; ')}`);
  if (seen === undefined) return;
  say('', ...seenLines(seen), ...(seen.seen === undefined ? [] : seenOnceLines(seen.seen)));
}

function seenLines({ recent, openIncidents }: Seen): readonly string[] {
  const incidents = openIncidents.map(({ id, from }) => `incident ${id}, open since ${from}: \`desist incident show ${id}\` says more`);
  if (recent === null) return ['in the last hour: nothing was counted', ...incidents];
  const { failing, delivered, codes, samples } = recent;
  const share = failing + delivered === 0 ? 0 : Math.round((failing / (failing + delivered)) * 1_000) / 10;
  return [
    `in the last hour: ${failing} recipients began to fail, ${delivered} deliveries (${share} %)`,
    ...codes.map(({ code, count }) => `  ${String(count).padStart(7)}  ${code}`),
    ...samples.map((sample) => `  ${sample}`),
    ...incidents,
  ];
}

/** Greylisting delays of the last days, and what refused mail in the last 24 hours. */
function seenOnceLines({ limits, greylisting }: SeenOnce): readonly string[] {
  const waits =
    greylisting === null
      ? 'greylisting in the last 7 days: none was seen'
      : `greylisting in the last 7 days: ${greylisting.count} messages, half delivered within ${duration(Math.round(greylisting.p50))}, 9 in 10 within ${duration(Math.round(greylisting.p90))}`;
  if (limits.length === 0) return [waits, "refused for the sender's fault in the last 24 hours: nothing"];
  return [
    waits,
    "refused for the sender's fault in the last 24 hours:",
    ...limits.flatMap((one) => [...senderReplyLines([one], '  '), ...hintLines(one.hints, '    ')]),
  ];
}
