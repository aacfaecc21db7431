/** The recovery code: its letters, its sum, and what it opens. */
import { expect, test } from 'vitest';
import type { RecoveryCode, SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import { newRecoveryCode, printedCode, readRecoveryCode } from '../../cloud/policy/recoveryCode.ts';
import { codeOf, identityApp } from './identityApp.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

test('a code is five groups of five letters and digits of Crockford, and is read again however it is typed', () => {
  for (let i = 0; i < 200; i++) {
    const code = newRecoveryCode();
    const printed = printedCode(code);
    expect(printed).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$/);
    expect(readRecoveryCode(printed)).toBe(code);
    const typed = ` ${printed
      .toLowerCase()
      .replaceAll('-', ' – ')
      .replaceAll('0', i % 2 ? 'o' : 'O')
      .replaceAll('1', i % 2 ? 'l' : 'I')}\n`;
    expect(readRecoveryCode(typed)).toBe(code);
  }
});

test('every single wrong letter is noticed, and nearly every swap of neighbours', () => {
  const code = newRecoveryCode();
  for (let at = 0; at < code.length; at++)
    for (const letter of alphabet) {
      if (letter === code[at]) continue;
      expect(readRecoveryCode(code.slice(0, at) + letter + code.slice(at + 1))).toBeNull();
    }
  // Luhn's one blind spot are the first and the last letter of the alphabet side by side.
  let unnoticed = 0;
  for (let at = 0; at + 1 < code.length; at++) {
    const [a = '', b = ''] = [code[at], code[at + 1]];
    const isSame = a === b || new Set([a, b, '0', 'Z']).size === 2;
    if (!isSame && readRecoveryCode(code.slice(0, at) + b + a + code.slice(at + 2)) !== null) unnoticed++;
  }
  expect(unnoticed).toBe(0);
});

test('letters of codes are spread evenly: 120 bits are 120 bits', () => {
  const counts = new Map<string, number>();
  const codes = 1000;
  for (let i = 0; i < codes; i++) for (const letter of newRecoveryCode()) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  // 25,000 draws among 32: chi-squared with 31 degrees of freedom is beyond 80 once in three hundred thousand times.
  const expected = (codes * 25) / 32;
  const chi = [...alphabet].reduce((sum, letter) => sum + ((counts.get(letter) ?? 0) - expected) ** 2 / expected, 0);
  expect(chi).toBeLessThan(80);
});

test('what is no code is not read', () => {
  for (const text of ['', '0', 'U'.repeat(25), '0'.repeat(24), '0'.repeat(26), `${'0'.repeat(24)}1`])
    expect(readRecoveryCode(text)).toBeNull();
});

test('a code opens its owner in another browser, as often as needed, until a newer one takes its place', async () => {
  const { browser } = await identityApp();
  const [home, phone] = [browser(), browser()];
  const { id } = await home.owner();
  const made = await home.ask('POST', '/api/session/recovery-code');
  expect(made.status).toBe(201);
  const { code } = await made.json<RecoveryCode>();
  expect((await home.owner()).hasRecovery).toBe(true);
  for (let i = 0; i < 2; i++) {
    const answer = await phone.ask('POST', '/api/session/recover', { code: code.toLowerCase() });
    expect(answer.status).toBe(200);
    expect((await answer.json<SessionAnswer>()).owner?.id).toBe(id);
  }
  const newer = await (await phone.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  expect(await codeOf(await browser().ask('POST', '/api/session/recover', { code }))).toBe('401 unknown-code');
  expect((await browser().ask('POST', '/api/session/recover', { code: newer.code })).status).toBe(200);
});

test('a code does not grow old, but goes with its owner', async () => {
  const { browser, cloud } = await identityApp();
  const home = browser();
  const { id } = await home.owner();
  const { code } = await (await home.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  cloud.nowMs += 20 * 365 * 86_400_000;
  expect((await browser().ask('POST', '/api/session/recover', { code })).status).toBe(200);
  await cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(id).run();
  expect(await codeOf(await browser().ask('POST', '/api/session/recover', { code }))).toBe('401 unknown-code');
});

test('a stranger gets no code, and a mistyped one is said to be so', async () => {
  const { browser } = await identityApp();
  expect(await codeOf(await browser().ask('POST', '/api/session/recovery-code'))).toBe('401 no-owner');
  expect(await codeOf(await browser().ask('POST', '/api/session/recover', { code: 'ABCDE' }))).toBe('400 mistyped-code');
  expect(await codeOf(await browser().ask('POST', '/api/session/recover', { code: 7 }))).toBe('400 bad-request');
});

test('a cookie or a refresh token is no recovery code, and the other way round', async () => {
  const { browser, program } = await identityApp();
  const page = browser();
  await page.owner();
  const { refreshToken } = await (await page.ask('POST', '/api/tokens', { label: 'cli' })).json<{ refreshToken: string }>();
  const { code } = await (await page.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  expect(await codeOf(await program('POST', '/api/token', { refreshToken: code.replaceAll('-', '') }))).toBe('401 bad-refresh-token');
  const thief = browser();
  thief.cookies.set('__Host-owner', refreshToken);
  expect(await (await thief.ask('GET', '/api/session')).json()).toEqual({ owner: null });
});

test('guessing is stopped: ten tries in ten minutes from one network', async () => {
  const { browser, cloud } = await identityApp();
  const [guesser, other] = [browser(), browser()];
  const guess = (page = guesser): Promise<Response> => page.ask('POST', '/api/session/recover', { code: newRecoveryCode() });
  for (let i = 0; i < 10; i++) expect((await guess()).status).toBe(401);
  const refused = await guess();
  expect(refused.headers.get('retry-after')).toBe('600');
  expect(await codeOf(refused)).toBe('429 too-often');
  expect((await guess(other)).status).toBe(401);
  cloud.nowMs += 600_000;
  expect((await guess()).status).toBe(401);
});
