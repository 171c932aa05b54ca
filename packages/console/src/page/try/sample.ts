/** A mail log to try the page with: ten days in which one mailbox is full, one fills up, one is gone, and one server only greylists. */
import { HOUR } from '../model/time.ts';

const FULL = 'dsn=4.2.2, status=deferred (host mx.example.net[192.0.2.25] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))';
const GONE = 'dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.25] said: 550 5.1.1 User unknown (in reply to RCPT TO command))';
const GREYLISTED =
  'dsn=4.2.0, status=deferred (host mx.example.org[192.0.2.26] said: 450 4.2.0 Greylisted, try again in 300 seconds (in reply to RCPT TO command))';
const SENT = 'dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)';

/** `now`: ms, at which the ten days end. */
export function sampleFile(now: number): File {
  const lines: { readonly at: number; readonly text: string }[] = [];
  const start = now - 240 * HOUR;
  let queued = 0;
  /** One message and what was said at each try, by the hour of the try. */
  const message = (to: string, tries: readonly (readonly [hour: number, said: string])[]): void => {
    queued += 1;
    const id = `4A${queued.toString(16).toUpperCase().padStart(8, '0')}`;
    for (const [hour, said] of tries) {
      const text = `postfix/smtp[2001]: ${id}: to=<${to}>, relay=mx.${to.split('@')[1] ?? ''}[192.0.2.25]:25, delay=1.2, delays=0.1/0/0.4/0.7, ${said}`;
      lines.push({ at: start + hour * HOUR, text });
    }
  };
  for (let hour = 0; hour < 240; hour += 8) {
    if (hour >= 24 && hour <= 192) message('otto@example.net', [[hour, FULL]]);
    for (const name of ['ann', 'ben', 'cleo']) message(`${name}@example.net`, [[hour + 0.02, SENT]]);
  }
  message('gustav@example.net', [[72, GONE]]);
  message('nora@example.org', [
    [96, GREYLISTED],
    [96.2, SENT],
  ]);
  for (let hour = 200; hour < 240; hour += 6) message('hedwig@example.net', [[hour, FULL]]);
  const text = lines
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => `${new Date(at).toISOString().replace('Z', '+00:00')} mail ${text}\n`)
    .join('');
  return new File([text], 'sample-mail.log', { lastModified: now });
}
