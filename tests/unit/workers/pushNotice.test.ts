/** What the service worker makes of a push message. */
import { expect, test } from 'vitest';
import { addressOfNotice, noticeOf } from '../../../workers/service/push.ts';

const origin = 'https://splat.example';

test('a message becomes a notice that leads where it says', () => {
  const notification = {
    title: 'The model is ready',
    body: 'Open the app.',
    lang: 'en',
    tag: 'job_1',
    navigate: `${origin}/?cloud-job=job_1`,
  };
  const { title, options } = noticeOf(JSON.stringify({ web_push: 8030, notification }), origin);
  expect(title).toBe('The model is ready');
  expect(options).toMatchObject({ body: 'Open the app.', lang: 'en', tag: 'job_1', data: { navigate: `${origin}/?cloud-job=job_1` } });
});

test.each([null, '', 'hello', '[]', 'null', '{"notification":{"title":1,"navigate":"/"}}'])('%s still shows a notice', (text) => {
  expect(noticeOf(text, origin)).toMatchObject({ title: 'Splat App', options: { data: { navigate: `${origin}/` } } });
});

test.each(['https://evil.example/', '//evil.example', 'javascript:alert(1)', 'data:text/html,x', 'http://splat.example/'])(
  '%s leads home instead',
  (navigate) => {
    const text = JSON.stringify({ web_push: 8030, notification: { title: 'x', navigate } });
    expect(noticeOf(text, origin).options.data.navigate).toBe(`${origin}/`);
    expect(addressOfNotice({ navigate }, origin)).toBe(`${origin}/`);
  },
);

test('a notice without an address leads to the page', () => {
  expect(addressOfNotice(undefined, origin)).toBe(`${origin}/`);
  expect(addressOfNotice({ navigate: '/?cloud-job=a' }, origin)).toBe(`${origin}/?cloud-job=a`);
});
