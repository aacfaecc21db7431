/** Which push services are called. The good ones are endpoints as the four vendors give them, with their tokens replaced. */
import { expect, test } from 'vitest';
import { checkPushEndpoint } from '../../../cloud/policy/pushEndpoint.ts';

test.each([
  'https://fcm.googleapis.com/fcm/send/token:APA91b_x-y',
  'https://fcm.googleapis.com/wp/token:APA91b',
  'https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB',
  'https://web.push.apple.com/QGuQyavXutnMH',
  'https://wns2-by3p.notify.windows.com/w/?token=BQYAAAD%2b',
])('%s is a push service', (endpoint) => {
  expect(checkPushEndpoint(endpoint)?.href).toBe(endpoint);
});

test.each([
  ['no address', 'fcm.googleapis.com/x'],
  ['not https', 'http://fcm.googleapis.com/x'],
  ['another port', 'https://fcm.googleapis.com:8443/x'],
  ['credentials', 'https://a@fcm.googleapis.com/x'],
  ['a host that begins like one', 'https://fcm.googleapis.com.evil.example/x'],
  ['a host that ends like one', 'https://evilfcm.googleapis.com/x'],
  ['another of Google', 'https://storage.googleapis.com/x'],
  ['the parent itself', 'https://push.apple.com/x'],
  ['without the dot', 'https://evilpush.apple.com/x'],
  ['without the dot', 'https://evilnotify.windows.com/x'],
  ['trailing dot', 'https://fcm.googleapis.com./x'],
  ['a backslash that ends the host', 'https://evil.example\\.push.apple.com/x'],
  ['in the path', 'https://evil.example/.push.apple.com'],
  ['in the query', 'https://evil.example?.push.apple.com'],
  ['in the fragment', 'https://evil.example#.push.apple.com'],
  ['in the user name', 'https://fcm.googleapis.com@evil.example/x'],
  ['loopback', 'http://127.0.0.1:9999/x'],
  ['metadata', 'http://169.254.169.254/latest'],
])('refused: %s, %s', (_, endpoint) => {
  expect(checkPushEndpoint(endpoint)).toBeNull();
});

test('development lets loopback through and nothing else', () => {
  expect(checkPushEndpoint('http://127.0.0.1:9999/x', { allowLoopback: true })?.href).toBe('http://127.0.0.1:9999/x');
  expect(checkPushEndpoint('https://evil.example/x', { allowLoopback: true })).toBeNull();
  expect(checkPushEndpoint('http://169.254.169.254/x', { allowLoopback: true })).toBeNull();
});
