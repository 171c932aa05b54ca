/** Knowledge of every category. */
import type { Category } from '../types.ts';
import type { Knowledge } from './knowledge.ts';

const knowledge = (meaning: string, causes: readonly string[], actions: readonly string[], worryAfterHours: number | null): Knowledge => ({
  meaning,
  causes,
  actions,
  worryAfterHours,
});

export const CATEGORY_KNOWLEDGE: Readonly<Record<Category, Knowledge>> = {
  user_unknown: knowledge(
    'The mailbox does not exist at this domain.',
    ['typing error at sign-up', 'the mailbox was closed', 'an old or bought list', 'with a 4xx reply: a directory that is being rebuilt'],
    [
      'stop sending to the address',
      'confirm addresses at sign-up',
      'if there are many at once, find out where the list came from, before providers block you for it',
    ],
    null,
  ),
  domain_not_found: knowledge(
    'The domain of the address does not exist, or declares that it accepts no mail (null MX).',
    ['typing error (gmial.com)', 'the domain lapsed', 'the domain never had mail'],
    ['stop sending to the address', 'check domains at sign-up', 'if many domains fail at once, check your own resolver'],
    null,
  ),
  invalid_address: knowledge(
    'The address is invalid by the rules of SMTP, or of the server.',
    ['a typing error', 'a broken import or template'],
    ['remove or correct the address', 'validate addresses where they are entered'],
    null,
  ),
  mailbox_disabled: knowledge(
    'The mailbox exists and is disabled.',
    ['nobody has signed in for a long time', 'an unpaid, abused or closed account', 'the person has left'],
    ['stop sending; if the mailbox works again, a delivery of another message shows it', 'if there are many at once, your list is old'],
    null,
  ),
  mailbox_full: knowledge(
    'The mailbox is full: its quota is used up.',
    ['an abandoned mailbox', 'a quota shared with photos and files', 'a person on holiday'],
    [
      'keep the usual retries',
      'ask the recipient another way',
      'if it is full for days, treat it as a soft bounce: the mailbox is probably abandoned',
    ],
    72,
  ),
  mailbox_moved: knowledge(
    'The person has another address now.',
    ['change of employer or provider'],
    ['stop sending here', 'use the new address only if the person gave it to you'],
    null,
  ),
  mailbox_unavailable: knowledge(
    'The server cannot use the mailbox now. This is weak evidence, because servers say it for many reasons.',
    ['the mailbox is locked by another delivery', 'maintenance', 'a policy that the reply does not name'],
    ['keep the usual retries', 'read the text, and check whether other recipients at the provider get mail'],
    24,
  ),
  recipient_refused: knowledge(
    'The recipient, or the owner of the list, does not want mail from this sender.',
    ['a personal block list', 'a mailing list for members only', 'a group that accepts no mail from outside'],
    ['stop sending this stream to the address', 'treat it as an unsubscribe'],
    null,
  ),
  upstream_suppressed: knowledge(
    'Your relay or the provider did not try to deliver, because the address is on its own suppression list. This is no new evidence.',
    ['an earlier hard bounce or complaint at the relay'],
    ['look up the entry at the relay', 'remove it there only if the address is known to work'],
    24,
  ),
  ip_reputation: knowledge(
    'Your sending IP address is on a block list, or has a bad reputation with the provider.',
    [
      'complaints or spam traps',
      'many unknown users',
      'a neighbour on a shared address',
      'a new address without warm-up',
      'a compromised host',
    ],
    [
      'stop bulk mail from the IP address until the cause is known',
      'look up the IP address at the list that the reply names, and request removal there',
      'remove unconfirmed and unengaged recipients',
    ],
    0,
  ),
  domain_reputation: knowledge(
    'The sending domain, or a domain in the message, has a bad reputation.',
    ['complaints', 'spam from or about the domain', 'a domain that is only days old'],
    [
      'watch the domain in the postmaster tools of the provider',
      'send to engaged recipients only until it recovers',
      'look up the domain at Spamhaus DBL and SURBL',
    ],
    0,
  ),
  rate_limited: knowledge(
    'You send faster than the server accepts mail from you.',
    [
      'too many connections or messages at once',
      'a new IP address or a sudden peak',
      'complaints that lowered the limit',
      'the daily limit of your own relay',
    ],
    [
      'slow down to that provider: fewer connections, longer pauses',
      'spread campaigns over hours',
      'if it persists, treat it as a reputation problem',
    ],
    4,
  ),
  auth_failure: knowledge(
    'The message, or your login, failed authentication: SPF, DKIM, DMARC or SMTP AUTH.',
    [
      'an SPF record without this sender',
      'a missing DKIM key, or a message that was changed in transit',
      'a From domain that is not aligned',
      'a wrong user name or password at a relay',
    ],
    [
      'check SPF, DKIM and DMARC of the From domain',
      'read the Authentication-Results of a test message',
      'send again after the fix: no recipient is at fault',
    ],
    0,
  ),
  auth_temp_failure: knowledge(
    'Authentication could not be checked now.',
    ['DNS of your domain did not answer', 'a broken login service'],
    ['keep the usual retries', 'check that all name servers of your domain answer'],
    4,
  ),
  rdns_failure: knowledge(
    'The DNS name of your server is wrong: it has no PTR record, the PTR record does not resolve back, or the HELO name does not resolve.',
    ['a new server without a PTR record', 'a generic name of the hosting provider', 'a HELO of localhost or an internal name'],
    ['set a PTR record that resolves back to the IP address', 'use the same name in HELO'],
    0,
  ),
  tls_required: knowledge(
    'The server accepts mail only over TLS.',
    ['STARTTLS is off, or the TLS versions do not match'],
    ['enable STARTTLS for outgoing mail', 'allow TLS 1.2 and 1.3'],
    0,
  ),
  sender_rejected: knowledge(
    'The address in MAIL FROM, or its domain, is refused.',
    [
      'the bounce domain has no MX or A record',
      'a null or local sender',
      'the sender is on a block list of the server',
      'a callback verification of your server failed',
    ],
    ['make the bounce domain resolve and accept mail', 'check whether one customer or stream causes it'],
    0,
  ),
  policy_block: knowledge(
    'Refused by a rule that the text does not name. It is usually about the sender.',
    ['a local block list or country rule', 'content or links', 'missing authentication'],
    ['ask the postmaster with the reply and the time', 'compare with accepted messages: IP address, domain, content'],
    4,
  ),
  spam_content: knowledge(
    'The filter classifies the message as spam.',
    [
      'words, links or a link shortener with a bad reputation',
      'a template that others have abused',
      'reputation, which is part of every score',
    ],
    ['send the same message without links to find the part that matters', 'check the domains of all links at SURBL, URIBL, DBL'],
    0,
  ),
  content_rejected: knowledge(
    'The format of the message, or an attachment, is refused.',
    [
      'a forbidden type of attachment',
      'broken headers or MIME, lines too long, bare line feeds',
      'a missing or duplicate From, Date or Message-ID',
    ],
    ['fix the template or the library that builds the message', 'link to files instead of attaching them'],
    0,
  ),
  virus_detected: knowledge(
    'A scanner found a virus, or something similar.',
    ['an infected attachment', 'a link to malware', 'a false alarm'],
    ['stop the message', 'scan the host and the attachment', 'ask the vendor of the scanner about a false alarm'],
    0,
  ),
  message_too_large: knowledge(
    'The message is larger than the server, or the recipient, accepts.',
    ['large attachments or inline images'],
    ['make it smaller, or link to files', 'most servers accept 10 to 25 MB after encoding'],
    0,
  ),
  too_many_recipients: knowledge(
    'Too many recipients in one transaction.',
    ['the batch is larger than the server accepts'],
    ['send the rest in a new transaction', 'use at most 100 recipients per transaction, and one for bulk mail'],
    4,
  ),
  greylisting: knowledge(
    'The server defers the first attempt of an unknown sender and accepts a later one. Nothing is wrong.',
    ['the first message from this server to that one', 'attempts from changing IP addresses, so that each one is a first attempt'],
    [
      'try again from the same IP address after 5 to 15 minutes',
      'keep the same envelope sender',
      'if it is still greylisted after hours, the attempts come from too many IP addresses',
    ],
    4,
  ),
  recipient_rate_limited: knowledge(
    'The mailbox gets more mail than the provider allows now. The mailbox works, so this never counts against it.',
    ['a mailing storm or a loop to this address', 'a shared or alarm mailbox', 'your own messages, if there are many'],
    ['wait an hour, and send less to this address', 'bundle notifications'],
    24,
  ),
  server_busy: knowledge(
    'The receiving server has no capacity now.',
    ['peak load or maintenance', 'a provider that says "busy" to senders it does not trust'],
    ['keep the usual retries', 'if other senders get through, treat it as a rate limit'],
    4,
  ),
  system_error: knowledge(
    'Something on the receiving side is broken.',
    ['a failing directory, filter or disk', 'a wrong configuration'],
    ['keep the usual retries', 'after a day, tell their postmaster, who may not know'],
    24,
  ),
  dns_failure: knowledge(
    'The domain could not be looked up now.',
    ['your resolver', 'name servers of the domain that do not answer', 'broken DNSSEC'],
    ['check your resolver first: many domains at once mean that it is the cause', 'keep the usual retries'],
    4,
  ),
  connection_failure: knowledge(
    'There was no connection, or it broke. No server said anything about the recipient.',
    ['the host is down or unreachable', 'a firewall on either side', 'port 25 blocked by your hosting provider'],
    ['test port 25 from the sending host', 'keep the usual retries', 'if all hosts fail, the cause is your network'],
    4,
  ),
  expired: knowledge(
    'The sending server gave up after its own time limit. The cause is in the earlier replies.',
    ['the cause of the latest deferral'],
    ['read the latest deferral of the message', 'keep messages in the queue for up to 72 h'],
    0,
  ),
  routing_loop: knowledge(
    'The message is in a routing loop.',
    ['an MX record or forwarding that points back'],
    ['tell the postmaster of the domain', 'check your own routing, if the loop includes your hosts'],
    24,
  ),
  relay_denied: knowledge(
    'The server does not accept mail for this domain.',
    ['an MX record that points to the wrong server', 'a domain that moved', 'your own relay without a login'],
    ['look up the MX record again', 'check login and allowed networks at your relay'],
    24,
  ),
  protocol_error: knowledge(
    'The SMTP dialogue failed.',
    ['a command that is unknown or out of order', 'a firewall that rewrites SMTP'],
    ['look at the dialogue of one attempt', 'update or report the MTA'],
    4,
  ),
  unknown: knowledge(
    'No rule matched this reply.',
    ['a new or local wording'],
    ['read the text', '`desist classify --unknown` lists the most frequent ones; write a rule of your own in the policy file'],
    24,
  ),
};
