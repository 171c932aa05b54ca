/** Who operates a mailbox: by its domain, by the host that answered, otherwise by registrable domain. */
import { getDomain } from 'tldts';

/** Mailbox domains whose operator is known without asking DNS. Source: the providers' own pages. */
const DOMAINS: Readonly<Record<string, readonly string[]>> = {
  gmail: ['gmail.com', 'googlemail.com'],
  microsoft: [
    'outlook.com',
    'hotmail.com',
    'live.com',
    'msn.com',
    'hotmail.co.uk',
    'hotmail.fr',
    'hotmail.de',
    'hotmail.it',
    'live.co.uk',
    'live.fr',
    'outlook.fr',
    'outlook.de',
  ],
  yahoo: [
    'yahoo.com',
    'ymail.com',
    'rocketmail.com',
    'aol.com',
    'yahoo.co.uk',
    'yahoo.fr',
    'yahoo.de',
    'yahoo.it',
    'yahoo.es',
    'aim.com',
    'verizon.net',
    'att.net',
    'sbcglobal.net',
  ],
  icloud: ['icloud.com', 'me.com', 'mac.com'],
  gmx: ['gmx.de', 'gmx.net', 'gmx.com', 'gmx.at', 'gmx.ch', 'web.de', 'mail.com', '1und1.de'],
  orange: ['orange.fr', 'wanadoo.fr'],
  laposte: ['laposte.net'],
  free: ['free.fr'],
  sfr: ['sfr.fr', 'neuf.fr'],
  comcast: ['comcast.net', 'xfinity.com'],
  mailru: ['mail.ru', 'bk.ru', 'inbox.ru', 'list.ru', 'internet.ru'],
  yandex: ['yandex.ru', 'yandex.com', 'ya.ru'],
  qq: ['qq.com', 'foxmail.com'],
  netease: ['163.com', '126.com', 'yeah.net'],
  naver: ['naver.com'],
  telekom: ['t-online.de', 'magenta.de'],
  libero: ['libero.it', 'virgilio.it', 'iol.it'],
  proton: ['proton.me', 'protonmail.com', 'pm.me'],
  zoho: ['zoho.com', 'zohomail.com'],
  fastmail: ['fastmail.com', 'fastmail.fm'],
};

/** Ends of MX host names. */
const HOSTS: readonly (readonly [string, string])[] = [
  ['google.com', 'gmail'],
  ['googlemail.com', 'gmail'],
  ['protection.outlook.com', 'microsoft'],
  ['mx.microsoft', 'microsoft'],
  ['olc.protection.outlook.com', 'microsoft'],
  ['hotmail.com', 'microsoft'],
  ['yahoodns.net', 'yahoo'],
  ['mail.icloud.com', 'icloud'],
  ['gmx.net', 'gmx'],
  ['web.de', 'gmx'],
  ['orange.fr', 'orange'],
  ['laposte.net', 'laposte'],
  ['free.fr', 'free'],
  ['sfr.fr', 'sfr'],
  ['comcast.net', 'comcast'],
  ['mail.ru', 'mailru'],
  ['yandex.ru', 'yandex'],
  ['yandex.net', 'yandex'],
  ['qq.com', 'qq'],
  ['netease.com', 'netease'],
  ['naver.com', 'naver'],
  ['t-online.de', 'telekom'],
  ['libero.it', 'libero'],
  ['protonmail.ch', 'proton'],
  ['zoho.com', 'zoho'],
  ['messagingengine.com', 'fastmail'],
  ['pphosted.com', 'proofpoint'],
  ['mimecast.com', 'mimecast'],
  ['barracudanetworks.com', 'barracuda'],
  ['messagelabs.com', 'symantec'],
  ['secureserver.net', 'godaddy'],
  ['emailsrvr.com', 'rackspace'],
  ['ovh.net', 'ovh'],
];

const BY_DOMAIN: ReadonlyMap<string, string> = new Map(
  Object.entries(DOMAINS).flatMap(([provider, domains]) => domains.map((domain) => [domain, provider] as const)),
);

/** Answers kept: registrable domains cost a walk through the public suffix list. */
const KEPT = 4_096;
const known = new Map<string, string>();

/** A short name, or a registrable domain for operators that are in no table. Both arguments are taken in any case. */
export function providerOf(recipientDomain: string, remoteHost?: string): string {
  const domain = recipientDomain.toLowerCase();
  const byDomain = BY_DOMAIN.get(domain);
  if (byDomain !== undefined) return byDomain;
  const host = (remoteHost ?? '').toLowerCase().replace(/\.$/, '');
  if (host === '') return domain;
  let provider = known.get(host);
  if (provider === undefined) {
    if (known.size >= KEPT) known.clear();
    provider = HOSTS.find(([end]) => host === end || host.endsWith(`.${end}`))?.[1] ?? getDomain(host) ?? '';
    known.set(host, provider);
  }
  // An IP address or a bare name says nothing about who runs the mailbox.
  return provider === '' ? domain : provider;
}
