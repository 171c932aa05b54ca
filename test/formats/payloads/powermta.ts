import type { FormatCases } from '../cases.ts';

const HEADER = 'type,timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,vmta,jobId,envId';
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'env-1' };
const times = '2026-03-01 10:00:00+0000,2026-03-01 09:59:00+0000';

export const powermta: FormatCases = {
  format: 'powermta',
  cases: [
    {
      name: 'a file with its header and every type of record',
      payload: [
        HEADER,
        `d,${times},s@x.example,a@example.com,,relayed,2.0.0 (success),smtp;250 2.0.0 OK,mx.example.com (192.0.2.9),success,v1,job,env-1`,
        `b,${times},s@x.example,A@example.com,,failed,5.1.1 (bad destination mailbox address),"smtp;550 5.1.1 <a>: unknown, ""really""",mx.example.com (192.0.2.9),bad-mailbox,v1,job,env-1`,
        `b,${times},s@x.example,a@example.com,,failed,4.4.7 (delivery time expired),smtp;421 4.4.2 timed out,,message-expired,v1,job,env-1`,
        `t,${times},s@x.example,a@example.com,,delayed,4.2.2 (mailbox full),smtp;452 4.2.2 over quota,,quota-issues,v1,job,env-1`,
        `r,${times},s@x.example,a@example.com,,,,,,,v1,job,env-1`,
        `tq,${times},,,,delayed,4.4.1,no answer,,no-answer-from-host,v1,,`,
        `rb,${times},s@x.example,a@example.com,,failed,5.2.1,smtp;550 disabled,,inactive-mailbox,v1,job,env-1`,
        `rs,${times},s@x.example,a@example.com,,delayed,4.4.1,,,,v1,job,env-1`,
        `f,${times},s@x.example,a@example.com,,,,,,,v1,job,env-1`,
        `f,${times},s@x.example,,,,,,,,v1,job,env-1`,
        `b,${times},s@x.example,a@example.com,,failed,5.0.0,"smtp;550 never closed,,,v1,job,env-1`,
        `d,${times},s@x.example,,rfc822;a@example.com,relayed,2.0.0,smtp;250 OK,,success,v1,job,env-1`,
        'q,1,2',
      ].join('\r\n'),
      outcomes: [
        { ignored: 'the header' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'smtp;250 2.0.0 OK' },
        {
          ...told,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'smtp;550 5.1.1 <a>: unknown, "really"',
          permanent: true,
        },
        { ...told, type: 'expired', smtp_code: 421, enhanced_status: '4.4.7', diagnostic: 'smtp;421 4.4.2 timed out', permanent: false },
        { ...told, type: 'deferred', smtp_code: 452, enhanced_status: '4.2.2', diagnostic: 'smtp;452 4.2.2 over quota', permanent: false },
        { ...told, type: 'accepted' },
        { ignored: 'a record of a waiting queue' },
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.2.1', diagnostic: 'smtp;550 disabled', permanent: true },
        { ...told, type: 'deferred', enhanced_status: '4.4.1', permanent: false },
        { ...told, type: 'complained' },
        { problem: 'no_recipient' },
        { problem: 'unreadable' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'smtp;250 OK' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'a row that a tailing tool has taken from its file',
      payload: `b,1772359200,1772359100,s@x.example,a@example.com,rfc822;a@example.com,failed,5.1.1 (x),"smtp;550 5.1.1 no, really",mx.example.com (192.0.2.9),bad-mailbox,smtp,app (10.0.0.1),smtp,192.0.2.1,192.0.2.9,"SIZE,PIPELINING",1234,v1,job,env-1,example.com/v1,pool`,
      outcomes: [
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.1.1', diagnostic: 'smtp;550 5.1.1 no, really', permanent: true },
      ],
    },
    {
      name: 'local times, in the configured zone',
      payload: `type,timeLogged,rcpt,dsnStatus\nd,2026-03-01 11:00:00,a@example.com,2.0.0`,
      context: { timezone: 'Europe/Paris' },
      outcomes: [{ ignored: 'the header' }, { ...told, type: 'delivered', message_id: null, enhanced_status: '2.0.0' }],
    },
    {
      name: 'rows as objects',
      payload: [
        { type: 'd', timeLogged: 1772359200, rcpt: 'a@example.com', dsnDiag: 'smtp;250 OK', envId: 'env-1' },
        { type: 'b', timeLogged: '2026-03-01 10:00:00+0000', rcpt: 'a@example.com', dsnStatus: '5.1.1', envId: 'env-1' },
        { type: 'b', timeLogged: 'never', rcpt: 'a@example.com' },
      ],
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, diagnostic: 'smtp;250 OK' },
        { ...told, type: 'bounced', enhanced_status: '5.1.1', permanent: true },
        { problem: 'invalid' },
      ],
    },
  ],
};
