/** Stills, their names, and what is read out while they are taken. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createAnnouncer } from '../../../src/app/features/capture/camera/announcer.ts';
import { createShotNames } from '../../../src/app/services/cameraNames.ts';
import { type StillSources, createStill } from '../../../src/app/services/cameraStill.ts';

afterEach(() => vi.useRealTimers());

const jpeg = (text: string) => new Blob([text], { type: 'image/jpeg' });
const contentOf = async (still: ReturnType<typeof createStill>): Promise<string> => {
  const photo = await still();
  return photo.ok ? `${photo.value.type} ${await photo.value.text()}` : photo.trouble;
};

describe('stills', () => {
  const sources = (takePhoto: (settings?: PhotoSettings) => Promise<Blob>): StillSources => ({
    imageCapture: {
      takePhoto,
      getPhotoCapabilities: async () => ({
        imageWidth: { min: 1, max: 4000, step: 1 },
        imageHeight: { min: 1, max: 3000, step: 1 },
        fillLightMode: ['off', 'flash'],
      }),
    },
    videoFrame: async (quality) => jpeg(`frame ${quality}`),
    asJpeg: async (picture, quality) => jpeg(`${await picture.text()} ${quality}`),
  });

  test('come from the sensor, as large as it can and without flash', async () => {
    const asked: unknown[] = [];
    const still = createStill(sources(async (settings) => (asked.push(settings), jpeg('photo'))));
    expect(await contentOf(still)).toBe('image/jpeg photo');
    expect(asked).toEqual([{ imageWidth: 4000, imageHeight: 3000, fillLightMode: 'off' }]);
  });

  test('are made JPEG when they are not', async () => {
    expect(await contentOf(createStill(sources(async () => new Blob(['photo'], { type: 'image/png' }))))).toBe('image/jpeg photo 0.95');
  });

  test('come from the video where the camera takes none, and stay there once it has failed', async () => {
    expect(await contentOf(createStill({ ...sources(async () => jpeg('')), imageCapture: null }))).toBe('image/jpeg frame 0.95');
    let tries = 0;
    const still = createStill(sources(() => (tries++, Promise.reject(new Error('busy')))));
    expect([await contentOf(still), await contentOf(still), tries]).toEqual(['image/jpeg frame 0.95', 'image/jpeg frame 0.95', 1]);
  });

  test('do not wait for ever for a camera, and say when there is nothing at all', async () => {
    vi.useFakeTimers();
    const still = createStill({ ...sources(() => new Promise(() => undefined)), videoFrame: async () => null });
    const photo = still();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await photo).toEqual({ ok: false, trouble: 'photo-failed' });
  });
});

describe('names', () => {
  test('carry local time and number', () => {
    const name = createShotNames();
    expect(name(new Date(2026, 2, 4, 5, 6, 7).getTime())).toBe('capture_20260304-050607_001.jpg');
    expect(name(new Date(2026, 2, 4, 5, 6, 7, 900).getTime())).toBe('capture_20260304-050607_002.jpg');
  });

  test('sort in the order of the shots, through midnight, past a thousand and when the clock is set back', () => {
    const name = createShotNames();
    const start = new Date(2026, 11, 31, 23, 50).getTime();
    const names = Array.from({ length: 1200 }, (_, i) => name(start + 1000 * i));
    const back = createShotNames();
    names.push(...[0, 1000, -3_600_000, -3_599_000, 2000].map((ms) => back(start + 86_400_000 + ms)));
    expect([...names].sort()).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('announcements', () => {
  test('are apart, only the latest is said, events before guidance, nothing twice', () => {
    vi.useFakeTimers();
    const said: string[] = [];
    const announcer = createAnnouncer((words) => said.push(words), 3000);
    announcer.guidance('Good.');
    for (const words of ['Slower.', 'Good.', 'Blurred.']) announcer.guidance(words);
    expect(said).toEqual(['Good.']);
    announcer.event('1 shot');
    announcer.event('2 shots');
    vi.advanceTimersByTime(2999);
    expect(said.length).toBe(1);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['Good.', '2 shots']);
    vi.advanceTimersByTime(3000);
    expect(said).toEqual(['Good.', '2 shots', 'Blurred.']);
    announcer.guidance('Blurred.');
    vi.advanceTimersByTime(9000);
    expect(said.length).toBe(3);
    announcer.event('3 shots');
    announcer.guidance('Good.');
    announcer.dispose();
    vi.advanceTimersByTime(9000);
    expect(said).toEqual(['Good.', '2 shots', 'Blurred.', '3 shots']);
  });
});
