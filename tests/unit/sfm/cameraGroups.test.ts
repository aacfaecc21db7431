/** Camera groups: what makes two photos one camera's, and where its focal length is from. */
import { describe, expect, test } from 'vitest';
import { type GroupPhoto, groupCameras } from '../../../src/core/sfm/cameraGroups.ts';
import { type PhotoExif, noExif } from '../../../src/core/sfm/exif.ts';

const photo = (widthPx: number, heightPx: number, exif: Partial<PhotoExif> = {}): GroupPhoto => ({
  ...{ name: 'a.jpg', widthPx, heightPx },
  exif: { ...noExif, ...exif },
});
const phone = { make: 'Apple', model: 'Apple Phone 4', focalLengthMm: 4.3, focal35Mm: 35 };
const groupsOf = (photos: GroupPhoto[]): number[] => [...groupCameras(photos, { video: false }).groupOf];

describe('one camera or two', () => {
  test('portrait and landscape of one phone are one', () => {
    expect(groupsOf([photo(400, 300, phone), photo(300, 400, phone), photo(400, 300, phone)])).toEqual([0, 0, 0]);
  });

  test.each([
    ['model', photo(400, 300, { ...phone, model: 'Phone 5' })],
    ['zoom', photo(400, 300, { ...phone, focalLengthMm: 9 })],
    ['digital zoom', photo(400, 300, { ...phone, focal35Mm: 70 })],
    ['lens', photo(400, 300, { ...phone, lens: 'wide' })],
    ['body', photo(400, 300, { ...phone, serial: '2' })],
    ['size', photo(800, 600, phone)],
    ['shape', photo(400, 225, phone)],
    ['silence', photo(400, 300)],
  ])('another %s makes two', (_, other) => {
    expect(groupsOf([photo(400, 300, phone), other, photo(400, 300, phone)])).toEqual([0, 1, 0]);
  });

  test('a rounding of the focal length does not', () => {
    expect(groupsOf([photo(400, 300, phone), photo(400, 300, { ...phone, focalLengthMm: 4.301 })])).toEqual([0, 0]);
  });

  test('members and names; two of one name are told apart', () => {
    const { groups } = groupCameras([photo(400, 300, phone), photo(400, 300, { ...phone, serial: '2' }), photo(8, 9)], { video: false });
    expect(groups.map(({ members }) => members)).toEqual([[0], [1], [2]]);
    expect(groups.map(({ name }) => name)).toEqual([
      'Apple Phone 4, 4.3 mm, 400x300',
      'Apple Phone 4, 4.3 mm, 400x300 (2)',
      'Unknown camera, 9x8',
    ]);
  });

  test('no photos, no groups', () => {
    expect(groupCameras([], { video: false })).toEqual({ groups: [], groupOf: new Int32Array(0) });
  });
});

describe('focal length', () => {
  test('from EXIF as a share of the longer side, else unknown', () => {
    const { groups } = groupCameras([photo(300, 400, phone), photo(400, 300)], { video: false });
    // The diagonal of 3:4 is 5/4 of the longer side.
    expect(groups[0].focalRatio).toBeCloseTo((35 / 43.27) * 1.25, 9);
    expect(groups.map(({ focalFrom }) => focalFrom)).toEqual(['exif 35 mm', 'guess']);
    expect(groups[1].focalRatio).toBeNull();
  });

  test('given intrinsics hold for every photo of their shape, whatever its tags', () => {
    const intrinsics = { widthPx: 4000, heightPx: 3000, fx: 3000, fy: 3000, cx: 2000, cy: 1500, k1: 0, k2: 0 };
    const photos = [photo(400, 300, phone), photo(300, 400), photo(400, 225), photo(1601, 1200, { serial: 'x' })];
    const { groups, groupOf } = groupCameras(photos, { video: false, intrinsics });
    expect([...groupOf]).toEqual([0, 0, 1, 0]);
    expect(groups[0]).toMatchObject({ focalRatio: 0.75, focalFrom: 'given' });
    expect(groups[1].focalFrom).toBe('guess');
  });
});

test('frames of a video are one camera, whatever their tags', () => {
  const { groups, groupOf } = groupCameras([photo(400, 300, phone), photo(400, 300)], { video: true });
  expect([...groupOf]).toEqual([0, 0]);
  expect(groups[0].name).toBe('Video 400x300');
});
