import { describe, expect, it } from 'vitest';
import { isKnownProvider, providerOf } from './index.ts';
import { DOMAINS, HOSTS } from './table.ts';

describe('the provider of a mailbox', () => {
  it.each([
    ['gmail.com', undefined, 'gmail'],
    ['GMAIL.com', 'mx.example.com', 'gmail'],
    ['customer.example', 'aspmx.l.google.com', 'gmail'],
    ['customer.example', 'ALT1.ASPMX.L.GOOGLE.COM.', 'gmail'],
    ['customer.example', 'customer-example.mail.protection.outlook.com', 'microsoft'],
    ['hotmail.co.uk', undefined, 'microsoft'],
    ['yahoo.co.jp', undefined, 'yahoojapan'],
    ['yahoo.de', undefined, 'yahoo'],
    ['aol.com', undefined, 'yahoo'],
    ['icloud.com', undefined, 'icloud'],
    ['comcast.net', undefined, 'comcast'],
    ['charter.net', undefined, 'charter'],
    ['cox.net', undefined, 'cox'],
    ['bellsouth.net', undefined, 'att'],
    ['web.de', undefined, 'gmx'],
    ['t-online.de', undefined, 'telekom'],
    ['wanadoo.fr', undefined, 'orange'],
    ['free.fr', undefined, 'free'],
    ['laposte.net', undefined, 'laposte'],
    ['libero.it', undefined, 'libero'],
    ['bk.ru', undefined, 'mailru'],
    ['yandex.ru', undefined, 'yandex'],
    ['foxmail.com', undefined, 'qq'],
    ['126.com', undefined, 'netease'],
    ['naver.com', undefined, 'naver'],
    ['zohomail.com', undefined, 'zoho'],
    ['fastmail.fm', undefined, 'fastmail'],
    ['pm.me', undefined, 'proton'],
    ['customer.example', 'smtp.secureserver.net', 'godaddy'],
    ['customer.example', 'mx0a-001.pphosted.com', 'proofpoint'],
    ['customer.example', 'eu-smtp-inbound-1.mimecast.com', 'mimecast'],
    ['customer.example', 'd123.ess.barracudanetworks.com', 'barracuda'],
    ['customer.example', 'mx1.hc123-45.eu.iphmx.com', 'cisco'],
    ['customer.example', 'route1.mx.cloudflare.net', 'cloudflare'],
    ['customer.example', 'mx1.some-hoster.co.uk', 'some-hoster.co.uk'],
    ['customer.example', '192.0.2.1', 'customer.example'],
    ['customer.example', 'notgoogle.com', 'notgoogle.com'],
    ['customer.example', undefined, 'customer.example'],
  ])('%s, answered by %s, is operated by: %s', (domain, host, provider) => {
    expect(providerOf(domain, host)).toBe(provider);
  });

  it('has a short name without a dot if it is in the table', () => {
    for (const provider of [...Object.keys(DOMAINS), ...HOSTS.map(([, one]) => one)]) expect(isKnownProvider(provider)).toBe(true);
    expect(isKnownProvider('customer.example')).toBe(false);
  });

  it('has each domain only once in the table', () => {
    const domains = Object.values(DOMAINS).flat();
    expect(new Set(domains).size).toBe(domains.length);
    expect(new Set(HOSTS.map(([end]) => end)).size).toBe(HOSTS.length);
  });
});
