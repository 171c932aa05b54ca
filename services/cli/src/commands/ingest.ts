/** `desist ingest`, for help and completion: `bin/desist.js` starts the service. */
import { defineCommand, flag, startedByItself, value } from '../command.ts';

export const command = defineCommand({
  name: 'ingest',
  section: 'Services and set-up',
  summary: 'receive webhooks and read provider topics, on real servers; or follow a mail log or a mailbox of bounces',
  options: {
    follow: value('PATH', 'a log file with its rotations, also a compressed one, or a folder of segments'),
    maildir: value('FOLDER', 'a Maildir; mails that were read are moved to cur'),
    format: value(
      'FORMAT',
      'postfix, exim, sendmail, opensmtpd, exchange, haraka, kumomta, powermta, canonical…; for mails auto (default), dsn, arf',
    ),
    source: value('NAME', 'name of the source, written to its events; default: the format'),
    tenant: value('TENANT', 'for its events; default `default`'),
    stream: value('STREAM', 'for its events; default `default`'),
    timezone: value('ZONE', 'for times without a zone: Europe/Berlin, +02:00'),
    header: value('LINE', 'header line for CSV without one'),
    from: value('start|end', 'where to begin a log that was never followed; default start'),
    once: flag('stop at the end of the log'),
    url: value('URL', 'the running service (DESIST_URL; default http://127.0.0.1:8425)'),
    state: value('FOLDER', 'where positions are kept; default ingest in the data folder'),
    json: flag('print counts as NDJSON on standard output'),
  },
  run: () => startedByItself('ingest'),
});
