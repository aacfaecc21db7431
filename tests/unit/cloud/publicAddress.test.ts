/**
 * Which addresses the Worker may call. The spellings of private addresses are those that have got past real guards: RFC 3986 section 7.4,
 * the WHATWG URL standard's own host tests, and the ranges of RFC 6890.
 */
import { describe, expect, test } from 'vitest';
import { checkPublicHttps } from '../../../cloud/policy/publicAddress.ts';

const reasonOf = (text: string, allowLoopback = false): string => {
  const checked = checkPublicHttps(text, { allowLoopback });
  return checked.ok ? 'ok' : checked.reason;
};

test.each([
  ['https://hooks.example.com/a/b?c=d', 'https://hooks.example.com/a/b?c=d'],
  ['https://hooks.example.com:443/', 'https://hooks.example.com/'],
  ['https://hooks.example.com:8443/x', 'https://hooks.example.com:8443/x'],
  ['HTTPS://Hooks.Example.COM', 'https://hooks.example.com/'],
  ['https://hooks.example.com./', 'https://hooks.example.com./'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://hooks.example.com/#part', 'https://hooks.example.com/'],
  ['https://1.2.3.4.example.com/', 'https://1.2.3.4.example.com/'],
  ['https://localhost.example.com/', 'https://localhost.example.com/'],
  ['https://local.example.com/', 'https://local.example.com/'],
])('%s may be called, as %s', (text, href) => {
  const checked = checkPublicHttps(text);
  expect(checked.ok && checked.url.href).toBe(href);
});

test.each([
  '',
  'hooks.example.com',
  '/path',
  'https://',
  'https://exa mple.com',
  'https://[fe80::1%25eth0]/',
  'https://[::1',
  'https://1.2.3.4.5/',
])('%j is no address', (text) => {
  expect(reasonOf(text)).toBe('no-address');
});

test('an address of more than 2000 characters is none', () => {
  const start = 'https://hooks.example.com/';
  expect(reasonOf(start + 'a'.repeat(2000 - start.length))).toBe('ok');
  expect(reasonOf(start + 'a'.repeat(2001 - start.length))).toBe('no-address');
});

test.each([
  'http://hooks.example.com/',
  'ftp://hooks.example.com/',
  'file:///etc/passwd',
  'data:text/plain,a',
  'javascript:alert(1)',
  'gopher://127.0.0.1:6379/_',
  'ws://a.example/',
])('%s is not https', (text) => {
  expect(reasonOf(text)).toBe('not-https');
});

test.each([
  'https://user@hooks.example.com/',
  'https://user:word@hooks.example.com/',
  'https://:word@hooks.example.com/',
  'https://hooks.example.com@127.0.0.1/',
])('%s holds credentials', (text) => {
  expect(reasonOf(text)).toBe('credentials');
});

test.each([0, 22, 25, 80, 444, 3306, 6379, 8080, 9200, 65535])('port %i is refused', (port) => {
  expect(reasonOf(`https://hooks.example.com:${port}/`)).toBe('port');
});

describe('a bare IP address is refused in every spelling', () => {
  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback, trailing dot', '127.0.0.1.'],
    ['loopback, another', '127.255.255.254'],
    ['loopback, short', '127.1'],
    ['loopback, three parts', '127.0.1'],
    ['loopback, decimal', '2130706433'],
    ['loopback, hexadecimal', '0x7f000001'],
    ['loopback, hexadecimal parts', '0x7f.0x0.0x0.0x1'],
    ['loopback, octal', '017700000001'],
    ['loopback, octal parts', '0177.0.0.01'],
    ['loopback, mixed', '0x7f.1'],
    ['loopback, full-width digits', '１２７.０.０.１'],
    ['loopback, ideographic full stops', '127。0。0。1'],
    ['loopback, circled digits', '①②⑦.⓪.⓪.①'],
    ['loopback, percent-encoded', '%31%32%37.0.0.1'],
    ['this host', '0.0.0.0'],
    ['this host, short', '0'],
    ['private 10/8', '10.0.0.1'],
    ['private 172.16/12', '172.31.255.254'],
    ['private 192.168/16', '192.168.1.1'],
    ['private 192.168/16, decimal', '3232235777'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['link-local, cloud metadata', '169.254.169.254'],
    ['metadata, decimal', '2852039166'],
    ['metadata, hexadecimal', '0xa9fea9fe'],
    ['metadata, octal parts', '0251.0376.0251.0376'],
    ['protocol assignments', '192.0.0.192'],
    ['benchmarking', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['public', '8.8.8.8'],
    ['IPv6 loopback', '[::1]'],
    ['IPv6 loopback, in full', '[0:0:0:0:0:0:0:1]'],
    ['IPv6 unspecified', '[::]'],
    ['IPv6 link-local', '[fe80::1]'],
    ['IPv6 unique local', '[fd00:ec2::254]'],
    ['IPv6 multicast', '[ff02::1]'],
    ['IPv4-mapped loopback', '[::ffff:127.0.0.1]'],
    ['IPv4-mapped metadata, hexadecimal', '[::ffff:a9fe:a9fe]'],
    ['IPv4-compatible loopback', '[::127.0.0.1]'],
    ['NAT64 of 10/8', '[64:ff9b::a00:1]'],
    ['6to4 of 10/8', '[2002:a00:1::]'],
    ['IPv6 public', '[2606:4700:4700::1111]'],
  ])('%s: %s', (_, host) => {
    expect(reasonOf(`https://${host}/`)).toBe('bare-ip');
    expect(reasonOf(`https://${host}:8443/`)).toBe('bare-ip');
  });
});

test.each([
  'localhost',
  'localhost.',
  'LOCALHOST',
  'ｌｏｃａｌｈｏｓｔ',
  'app.localhost',
  'printer.local',
  'metadata.google.internal',
  'metadata.google.internal.',
  'db.corp',
  'nas.lan',
  'router.home.arpa',
  'router.home',
  '1.0.0.127.in-addr.arpa',
  'hidden.onion',
  'service.test',
  'host.invalid',
  'host.localdomain',
  'kubernetes',
  'metadata',
  'localhost..',
  'hooks..example.com',
  '.example.com',
])('%s is not on the public Internet', (host) => {
  expect(reasonOf(`https://${host}/`)).toBe('not-public');
});

describe('in development', () => {
  test.each(['http://127.0.0.1:8787/hook', 'https://127.0.0.1/', 'http://localhost:3000/', 'http://[::1]:9/', 'http://127.9.9.9/'])(
    '%s may be called',
    (text) => {
      expect(reasonOf(text, true)).toBe('ok');
      expect(reasonOf(text)).not.toBe('ok');
    },
  );

  test.each([
    ['http://192.168.1.1/', 'not-https'],
    ['https://169.254.169.254/', 'bare-ip'],
    ['https://[::ffff:127.0.0.1]/', 'bare-ip'],
    ['http://user@127.0.0.1/', 'not-https'],
    ['ftp://127.0.0.1/', 'not-https'],
    ['http://hooks.example.com/', 'not-https'],
    ['http://127.0.0.1.example.com/', 'not-https'],
    ['https://nas.lan/', 'not-public'],
  ])('%s is refused all the same', (text, reason) => {
    expect(reasonOf(text, true)).toBe(reason);
  });
});
