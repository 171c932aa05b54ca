import { expect, test } from 'vitest';
import { parseNetwork } from './addresses.ts';
import { wrongUrl } from './url.ts';

test.each([
  ...[
    'https://example.com/hook',
    'http://example.com:8080/',
    'https://example.com/h?token=x',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ],
])('%s may be a subscriber', (url) => {
  expect(wrongUrl(url, [])).toBeUndefined();
});

test.each([
  ...['', 'example.com', 'ftp://example.com', 'file:///etc/passwd', 'https://user:secret@example.com/', 'https://example.com/#x'],
  ...['http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f.0.0.1/', 'http://0177.0.0.1/', 'http://[::1]/', 'http://0/'],
  ...['http://[::ffff:169.254.169.254]/', 'http://169.254.169.254/latest/meta-data', `https://example.com/${'x'.repeat(3_000)}`],
])('%s may not', (url) => {
  expect(wrongUrl(url, [])).toMatch(/^must /);
});

test('an address in a network that is allowed may be one', () => {
  expect(wrongUrl('http://10.1.2.3:9000/hook', [parseNetwork('10.1.0.0/16')!])).toBeUndefined();
});
