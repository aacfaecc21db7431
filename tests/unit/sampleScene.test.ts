/** The sample photo set: its cameras see known places where geometry says, and its photos are the same every time. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { cameraCentre } from '../../src/core/math/pose.ts';
import { chip, noise } from '../../src/core/sample/noise.ts';
import { sampleScene } from '../../src/core/sample/sampleScene.ts';
import { type SurfaceHit, ball, firstHit, table } from '../../src/core/sample/shapes.ts';
import { greyOf } from '../../src/core/sfm/grey.ts';
import { siftRef } from '../../src/core/sfm/sift.ref.ts';

const small = sampleScene({ widthPx: 320, pointCount: 1400 });
const { cameras, views, points } = small.reconstruction;
const [camera] = cameras;

/** Pixel position and depth of a world point, from the definitions: quaternion sandwich, perspective division. */
function project(view: number, [x, y, z]: number[]): [number, number, number] {
  const { q, t } = views[view].pose;
  const [w, ...v] = q;
  const cross = (a: number[], b: number[]): number[] => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const once = cross(v, [x, y, z]).map((value, c) => value + w * [x, y, z][c]);
  const place = cross(v, once).map((value, c) => [x, y, z][c] + 2 * value + t[c]);
  return [(camera.fx * place[0]) / place[2] + camera.cx, (camera.fy * place[1]) / place[2] + camera.cy, place[2]];
}

describe('cameras', () => {
  test('28 views of one 4:3 lens, named in order', () => {
    const full = sampleScene().reconstruction;
    expect(full.cameras).toEqual([expect.objectContaining({ widthPx: 640, heightPx: 480, model: 'PINHOLE' })]);
    expect(full.views.map(({ photoName }) => photoName)).toEqual(
      Array.from({ length: 28 }, (_, i) => `photo_${String(i + 1).padStart(2, '0')}.jpg`),
    );
  });

  test('the point they look at is the middle of every photo, and up is up', () => {
    for (const view of views.keys()) {
      const [u, v, depth] = project(view, [0, 0, 0.5]);
      expect(u).toBeCloseTo(160, 6);
      expect(v).toBeCloseTo(120, 6);
      expect(depth).toBeCloseTo(Math.hypot(...cameraCentre(views[view].pose).map((each, c) => each - [0, 0, 0.5][c])), 9);
      expect(project(view, [0, 0, 0.7])[1]).toBeLessThan(v);
    }
  });

  test('two heights, and no two views more than 30 degrees from their neighbour', () => {
    const eyes = views.map(({ pose }) => cameraCentre(pose));
    expect(eyes.filter(([, , z]) => z < 1.5)).toHaveLength(14);
    eyes.forEach((eye, i) => {
      const next = eyes[(i + 1) % eyes.length];
      const cosine = eye.reduce((sum, each, c) => sum + each * next[c], 0) / (Math.hypot(...eye) * Math.hypot(...next));
      expect((Math.acos(cosine) * 180) / Math.PI).toBeLessThan(30);
    });
  });
});

describe('shapes', () => {
  const rayTo = (view: number, place: number[]): { eye: Float64Array; ray: number[]; far: number } => {
    const eye = Float64Array.from(cameraCentre(views[view].pose));
    const offset = place.map((each, c) => each - eye[c]);
    const far = Math.hypot(...offset);
    return { eye, ray: offset.map((each) => each / far), far };
  };
  const hitTowards = (view: number, place: number[]): SurfaceHit & { far: number } => {
    const { eye, ray, far } = rayTo(view, place);
    const hit: SurfaceHit = { surface: 'wall', distance: 0 };
    firstHit(eye, Float64Array.from(ray), hit);
    return { ...hit, far };
  };

  test('a ray to the centre of the ball ends one radius before it, unless something stands in front', () => {
    const hits = views.map((_, view) => hitTowards(view, [ball.x, ball.y, ball.z])).filter(({ surface }) => surface === 'ball');
    expect(hits.length).toBeGreaterThan(16);
    for (const { distance, far } of hits) expect(distance).toBeCloseTo(far - ball.radius, 9);
  });

  test('a ray to a free place on the table ends there', () => {
    const hits = views.map((_, view) => hitTowards(view, [0.1, -1.9, 0])).filter(({ surface }) => surface === 'table');
    expect(hits.length).toBeGreaterThan(16);
    for (const { distance, far } of hits) expect(distance).toBeCloseTo(far, 9);
    expect(hitTowards(0, [table.radius + 1, 0, 0]).surface).not.toBe('table');
  });
});

describe('photos', () => {
  const photo = small.photo(3);

  test('the same every time, also from a scene made anew', () => {
    const sum = (pixels: Uint8Array): string => createHash('sha256').update(pixels).digest('hex');
    expect(sum(sampleScene({ widthPx: 320 }).photo(3).rgba)).toBe(sum(photo.rgba));
    expect(sum(small.photo(4).rgba)).not.toBe(sum(photo.rgba));
  });

  test('points lie where the photos show their colour', () => {
    const photos = [0, 9, 18].map((view) => ({ view, rgba: small.photo(view).rgba }));
    let [agreeing, shifted, all] = [0, 0, 0];
    for (let i = 0; i < points.count; i++) {
      const seen = photos.find(({ view }) => view === i % views.length);
      if (!seen) continue;
      const [u, v, depth] = project(seen.view, [...points.xyz.subarray(3 * i, 3 * i + 3)]);
      expect(depth).toBeGreaterThan(0);
      const alike = (column: number): boolean => {
        const at = 4 * (Math.floor(v) * 320 + (column % 320));
        return [0, 1, 2].every((c) => Math.abs(seen.rgba[at + c] - points.rgb[3 * i + c]) <= 20);
      };
      all++;
      if (alike(Math.floor(u))) agreeing++;
      if (alike(Math.floor(u) + 25)) shifted++;
    }
    expect(all).toBe(150);
    expect(agreeing / all).toBeGreaterThan(0.7);
    expect(shifted / all).toBeLessThan(0.5);
  });

  test('there is something to hold on to in every ninth of a photo', () => {
    const { count, keypoints } = siftRef(greyOf(photo), { maxFeatures: 4096 });
    expect(count).toBeGreaterThan(300);
    const ninth = (k: number): number => Math.floor((3 * keypoints[4 * k]) / 320) + 3 * Math.floor((3 * keypoints[4 * k + 1]) / 240);
    expect(new Set(Array.from({ length: count }, (_, k) => ninth(k))).size).toBe(9);
  });
});

test('noise is smooth, within 0..1 and does not repeat; chips lie inside their cell', () => {
  const line = Array.from({ length: 2000 }, (_, i) => noise(0.05 * i, 3.3, 7.7));
  expect(Math.min(...line)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...line)).toBeLessThanOrEqual(1);
  for (let i = 1; i < line.length; i++) expect(Math.abs(line[i] - line[i - 1])).toBeLessThan(0.1);
  expect(line.slice(0, 400)).not.toEqual(line.slice(400, 800));
  for (let i = 0; i < 500; i++) expect(chip(i, 0.37 * i, 0.11 * i, 1)).toBe(-1);
});
