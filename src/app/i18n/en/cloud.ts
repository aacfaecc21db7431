/** The page's words, in English: cloud. */
import { formatsFor } from '../format.ts';

const { count, bytes, date, percent } = formatsFor('en');
const photos = (n: number): string => `${count(n)} ${n === 1 ? 'photo' : 'photos'}`;
const money = ([low, high]: readonly [number, number], currency: string): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return low === high ? `about ${format.format(low)}` : `${format.format(low)} to ${format.format(high)}`;
};

export const cloud = {
  open: 'Full quality in the cloud',
  title: 'Full quality in the cloud',
  what: 'The photos are sent to a server with a large graphics card, which builds the model. It comes back into this project by itself; this page may be closed meanwhile.',
  none: 'No cloud is connected to this page. The order can wait in the outbox until one is.',
  offline: 'This device is offline. The order waits in the outbox and is sent when the network is back.',
  asking: 'Asking the cloud…',
  facts: { sent: 'What is sent', where: 'Where to', kept: 'How long it is kept', time: 'How long it takes', price: 'What it costs' },
  sent: (n: number, size: number): string => `${photos(n)}, ${bytes(size)}`,
  sentAbout: (n: number, size: number): string => `${photos(n)}, about ${bytes(size)}`,
  counting: 'Counting photos…',
  noPhotos: 'There are no photos to send.',
  sameServer: (host: string): string => `${host}, the server this page comes from`,
  keptDays: (days: number): string => (days === 1 ? 'Photos: 1 day, says the server' : `Photos: ${count(days)} days, says the server`),
  keptUnknown: 'The server you use decides; cancelling the order here deletes it there too',
  minutes: (low: number, high: number): string => (low === high ? `about ${count(low)} min` : `${count(low)} to ${count(high)} min`),
  price: (range: readonly [number, number], currency: string): string => money(range, currency),
  noPrice: 'The server names no price',
  unknown: 'Not known until connected',
  compress: 'Make the photos smaller first',
  compressAbout: (longestPx: number): string => `JPEG, longest side ${count(longestPx)} px. Quicker to send; the finest detail is lost.`,
  compressing: 'Working out what is saved…',
  saved: (before: number, after: number): string =>
    `About ${bytes(after)} instead of ${bytes(before)}: ${percent(1 - after / before)} less to send.`,
  nothingSaved: 'The photos are small already: nothing to save.',
  privacy: 'File names and the places where photos were taken are not sent.',
  send: 'Send',
  keep: 'Keep in the outbox',
  notNow: 'Not now',
  notStored: 'The order could not be stored on this device.',
  status: {
    heading: 'In the cloud',
    since: (ms: number): string => `Ordered ${date(ms)}`,
    states: {
      waiting: 'Waits in the outbox',
      registering: 'Preparing the photos',
      uploading: 'Sending photos',
      starting: 'Starting the job',
      queued: 'Waits for its turn',
      running: 'Under way',
      downloading: 'Fetching the model',
      done: 'Done: the model is in this project',
      failed: 'Did not work out',
      cancelled: 'Cancelled',
    },
    uploaded: (done: number, total: number): string => `${count(done)} of ${photos(total)}`,
    tryAgainAt: (ms: number): string => `Next try: ${date(ms)}`,
    owes: 'What was sent is deleted on the server as soon as it can be reached.',
    cancel: 'Cancel',
    retry: 'Try again',
    remove: 'Remove from the list',
  },
  notify: {
    ask: 'Tell me when it is done',
    why: 'Your browser will ask whether this page may show notifications.',
    on: 'You will be told when it is done, while this page is open in the background.',
    denied: 'Notifications are blocked in this browser. You can allow them in its settings for this site.',
    doneTitle: 'The model is ready',
    failedTitle: 'The cloud could not finish the model',
  },
};
