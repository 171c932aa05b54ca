/** Knowledge of every category. */
import type { Category } from '../types.ts';
import type { Knowledge } from './knowledge.ts';

const know = (meaning: string, causes: readonly string[], actions: readonly string[], worryAfterHours: number | null): Knowledge => ({
  meaning,
  causes,
  actions,
  worryAfterHours,
});

export const CATEGORY_KNOWLEDGE: Readonly<Record<Category, Knowledge>> = {
  user_unknown: know(
    'The mailbox does not exist at this domain.',
    ['typing error at sign-up', 'the mailbox was given up', 'an old or bought list', 'at 4xx: a directory that is being rebuilt'],
    [
      'stop sending to the address',
      'confirm addresses at sign-up',
      'many at once: find where the list came from, before providers block you for it',
    ],
    null,
  ),
  domain_not_found: know(
    'The domain of the address does not exist, or says that it takes no mail (null MX).',
    ['typing error (gmial.com)', 'the domain lapsed', 'the domain never had mail'],
    ['stop sending to the address', 'check domains at sign-up', 'if many domains fail at once, check your own resolver'],
    null,
  ),
  invalid_address: know(
    'What was given is no address by the rules of SMTP, or of the server.',
    ['a typing error', 'a broken import or template'],
    ['remove or correct the address', 'validate addresses where they are entered'],
    null,
  ),
  mailbox_disabled: know(
    'The mailbox exists and is switched off.',
    ['nobody signed in for long', 'unpaid, abused or closed account', 'the person has left'],
    ['stop sending; some come back, and a delivery of another message will show it', 'many at once: your list is old'],
    null,
  ),
  mailbox_full: know(
    'The mailbox has no room left.',
    ['an abandoned mailbox', 'a quota shared with photos and files', 'a person on holiday'],
    ['keep the usual retries', 'ask the recipient another way', 'full for days: treat as a soft bounce, the mailbox is likely abandoned'],
    72,
  ),
  mailbox_moved: know(
    'The person has another address now.',
    ['change of employer or provider'],
    ['stop sending here', 'use the new address only if the person gave it to you'],
    null,
  ),
  mailbox_unavailable: know(
    'The server can not use the mailbox just now. Weak evidence: servers say it for many reasons.',
    ['the mailbox is locked by another delivery', 'maintenance', 'a policy that is not named'],
    ['keep the usual retries', 'read the text and look whether other recipients of the provider get mail'],
    24,
  ),
  recipient_refused: know(
    'The recipient, or the owner of the list, does not want mail of this sender.',
    ['a personal block list', 'a list for members only', 'a group that takes no mail from outside'],
    ['stop sending this stream to the address', 'treat it as an unsubscribe'],
    null,
  ),
  upstream_suppressed: know(
    'Your relay or the provider did not try: the address is on a suppression list of theirs. No new evidence.',
    ['an earlier hard bounce or complaint at the relay'],
    ['look up the entry at the relay', 'remove it there only when the address is known to work'],
    24,
  ),
  ip_reputation: know(
    'Your sending IP address is on a block list, or has a bad name with the provider.',
    [
      'complaints or spam traps',
      'many unknown users',
      'a neighbour on a shared address',
      'a new address without warm-up',
      'a host that was broken into',
    ],
    [
      'stop bulk mail from the address until the cause is known',
      'look the address up at the list that is named and ask for removal there',
      'remove unconfirmed and unengaged recipients',
    ],
    0,
  ),
  domain_reputation: know(
    'The sending domain, or a domain in the message, has a bad name.',
    ['complaints', 'spam from or about the domain', 'a domain that is only days old'],
    [
      'watch the domain in the postmaster tools of the provider',
      'send to engaged recipients only until it recovers',
      'look the domain up at Spamhaus DBL and SURBL',
    ],
    0,
  ),
  rate_limited: know(
    'You send faster than the server takes mail from you.',
    [
      'too many connections or messages at once',
      'a new IP address or a sudden peak',
      'complaints that lowered the limit',
      'the daily limit of your own relay',
    ],
    [
      'slow down to that provider: fewer connections, longer pauses',
      'spread campaigns over hours',
      'if it lasts, treat it as a reputation problem',
    ],
    4,
  ),
  auth_failure: know(
    'The message, or your login, failed authentication: SPF, DKIM, DMARC or SMTP AUTH.',
    [
      'SPF record without this sender',
      'DKIM key missing or message changed on the way',
      'From domain not aligned',
      'wrong user or password at a relay',
    ],
    [
      'check SPF, DKIM and DMARC of the From domain',
      'read the Authentication-Results of a test message',
      'send again after the repair: no recipient is at fault',
    ],
    0,
  ),
  auth_temp_failure: know(
    'Authentication could not be checked just now.',
    ['DNS of your domain did not answer', 'a broken login service'],
    ['keep the usual retries', 'check that all name servers of your domain answer'],
    4,
  ),
  rdns_failure: know(
    'The name of your server is not in order: no PTR record, none that points back, or a HELO name that does not resolve.',
    ['a new server without PTR record', 'a generic name of the hosting provider', 'HELO says localhost or an internal name'],
    ['set a PTR record that resolves back to the address', 'let HELO say that same name'],
    0,
  ),
  tls_required: know(
    'The server takes mail only over TLS.',
    ['STARTTLS is off, or the versions do not fit'],
    ['switch STARTTLS on for outgoing mail', 'allow TLS 1.2 and 1.3'],
    0,
  ),
  sender_rejected: know(
    'The address in MAIL FROM, or its domain, is refused.',
    [
      'the bounce domain has no MX or A record',
      'a null or local sender',
      'the sender is on a list of the server',
      'a callout to your server failed',
    ],
    ['make the bounce domain resolve and take mail', 'look whether one customer or stream causes it'],
    0,
  ),
  policy_block: know(
    'Refused by a rule that the text does not name. Most often it is about who sends.',
    ['a local block list or country rule', 'content or links', 'missing authentication'],
    ['ask the postmaster with the reply and the time', 'compare with accepted messages: IP address, domain, content'],
    4,
  ),
  spam_content: know(
    'The message looks like spam to the filter.',
    ['words, links or a shortener with a bad name', 'a template that others abused', 'reputation, which weighs in every score'],
    ['send the same message without links to find the part that counts', 'check the domains of all links at SURBL, URIBL, DBL'],
    0,
  ),
  content_rejected: know(
    'The form of the message, or an attachment, is refused.',
    [
      'forbidden type of attachment',
      'broken headers or MIME, lines too long, bare line feeds',
      'missing or doubled From, Date, Message-ID',
    ],
    ['repair the template or the library that builds the message', 'link to files instead of attaching them'],
    0,
  ),
  virus_detected: know(
    'A scanner found a virus, or something like one.',
    ['an infected attachment', 'a link to malware', 'a false alarm'],
    ['stop the message', 'scan the host and the attachment', 'ask the vendor of the scanner about a false alarm'],
    0,
  ),
  message_too_large: know(
    'The message is larger than the server, or the recipient, takes.',
    ['large attachments or inlined pictures'],
    ['make it smaller, or link to files', 'most servers take 10 to 25 MB after encoding'],
    0,
  ),
  too_many_recipients: know(
    'Too many recipients in one transaction.',
    ['the batch is larger than the server takes'],
    ['send the rest in a new transaction', 'at most 100 recipients each, one for bulk mail'],
    4,
  ),
  greylisting: know(
    'The server turns the first attempt of an unknown sender away and takes a later one. Nothing is wrong.',
    ['first message from this server to that one', 'attempts from changing IP addresses, so that each is a first one'],
    [
      'try again from the same IP address after 5 to 15 minutes',
      'keep the same envelope sender',
      'still greylisted after hours: attempts come from too many addresses',
    ],
    4,
  ),
  recipient_rate_limited: know(
    'The mailbox gets more mail than the provider lets through just now. It works: this never counts against it.',
    ['a mailing storm or a loop to this address', 'a shared or alarm mailbox', 'your own messages, if there are many'],
    ['wait for an hour and send less to this address', 'bundle notifications'],
    24,
  ),
  server_busy: know(
    'The receiving server has no capacity just now.',
    ['peak load or maintenance', 'a provider that says "busy" to senders it does not trust'],
    ['keep the usual retries', 'if other senders get through, read it as a rate limit'],
    4,
  ),
  system_error: know(
    'Something on the receiving side is broken.',
    ['a directory, filter or disk that fails', 'a wrong configuration'],
    ['keep the usual retries', 'after a day, tell their postmaster: they may not know'],
    24,
  ),
  dns_failure: know(
    'The domain could not be looked up just now.',
    ['your resolver', 'name servers of the domain that do not answer', 'broken DNSSEC'],
    ['check your resolver first: many domains at once means it is yours', 'keep the usual retries'],
    4,
  ),
  connection_failure: know(
    'No connection, or it broke. No server said anything about the recipient.',
    ['the host is down or unreachable', 'a firewall, theirs or yours', 'port 25 blocked by your hosting provider'],
    ['test port 25 from the sending host', 'keep the usual retries', 'if all hosts fail, it is your network'],
    4,
  ),
  expired: know(
    'The sending server gave up after its own limit of time. The cause is in the replies before.',
    ['the cause of the latest deferral'],
    ['read the latest deferral of the message', 'keep messages up to 72 h in the queue'],
    0,
  ),
  routing_loop: know(
    'The message goes round in circles.',
    ['MX or forwarding that points back'],
    ['tell the postmaster of the domain', 'check your own routing, if the loop passes your hosts'],
    24,
  ),
  relay_denied: know(
    'The server does not take mail for this domain.',
    ['MX record that points to the wrong server', 'a domain that moved', 'your own relay without login'],
    ['look the MX record up again', 'check login and allowed networks at your relay'],
    24,
  ),
  protocol_error: know(
    'The SMTP dialogue went wrong.',
    ['a command out of order or not known', 'a firewall that rewrites SMTP'],
    ['look at the dialogue of one attempt', 'update or report the MTA'],
    4,
  ),
  unknown: know(
    'Nothing that is known matched this reply.',
    ['a new or local wording'],
    ['read the text', '`desist classify --unknown` lists the most frequent ones; an own rule in the policy file decides them'],
    24,
  ),
};
