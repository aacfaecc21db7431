/** The packed step constants against the WGSL struct that reads them: names and offsets come from the shader's own text. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stepBytes } from '../../src/core/gpu/kernel.ts';
import { type StepConstants, packStep, rotationRows, tilesFor } from '../../src/core/raster/stepConstants.ts';

const wgsl = readFileSync(new URL('../../shaders/common/step.wgsl', import.meta.url), 'utf8');

/** Alignment and size in bytes of host-shareable types (WGSL, section 14.4.1). */
const layoutOf: Record<string, [number, number]> = { f32: [4, 4], u32: [4, 4], vec3f: [16, 12], vec4f: [16, 16] };

interface Field {
  name: string;
  type: string;
  offset: number;
}

function structFields(code: string): { fields: Field[]; size: number } {
  const body = /struct Step \{([^}]*)\}/.exec(code.replaceAll(/\/\/.*$/gm, ''))![1];
  let at = 0;
  const fields = body
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map((field) => {
      const [name, type] = field.split(':').map((part) => part.trim());
      const [align, size] = layoutOf[type];
      const offset = Math.ceil(at / align) * align;
      at = offset + size;
      return { name, type, offset };
    });
  return { fields, size: Math.ceil(at / 16) * 16 };
}

const constants: StepConstants = {
  view: {
    widthPx: 101,
    heightPx: 53,
    fx: 210.5,
    fy: 211.25,
    cx: 50.5,
    cy: 26.75,
    pose: { q: [0.5, 0.5, -0.5, 0.5], t: [1.5, -2.25, 3.75] },
  },
  near: 0.125,
  tile: 8,
  count: 12345,
  shDegree: 2,
  step: 7,
  seed: 4_000_000_001,
  background: [0.25, 0.375, 0.625],
  stopAtT: 0.001,
  lowpass: 0.3,
  antialiased: true,
  slotCapacity: 987654,
  photoOffset: 5353,
  lrMean: 0.0011,
  lrScale: 0.0022,
  lrQuat: 0.0033,
  lrOpacity: 0.0044,
  lrDc: 0.0055,
  lrRest: 0.0066,
  noise: 0.0077,
  opacityDecay: 0.0088,
  scaleDecay: 0.0099,
  ssimWeight: 0.15,
  exposureGain: [1.125, 0.875, 1.25],
  exposureBias: [0.03, -0.02, 0.01],
  viewSlot: 41,
  lrPose: 0.0012,
  poseLength: 3.5,
  posePull: 0.75,
  lrExposure: 0.0013,
  exposurePull: 0.625,
};

/** The quaternion (1, 1, -1, 1) / 2 only permutes and flips axes, so its rows can be written out by hand; the centre is -R^T t. */
const expected: Record<string, number | number[]> = {
  rotation_x: [0, -1, 0, 1.5],
  rotation_y: [0, 0, -1, -2.25],
  rotation_z: [1, 0, 0, 3.75],
  focal: [210.5, 211.25, 50.5, 26.75],
  camera_world: [-3.75, 1.5, -2.25],
  near: 0.125,
  width: 101,
  height: 53,
  tiles_x: 13,
  tiles_y: 7,
  count: 12345,
  sh_degree: 2,
  step: 7,
  seed: 4_000_000_001,
  background: [0.25, 0.375, 0.625],
  stop_at_t: 0.001,
  lowpass: 0.3,
  antialiased: 1,
  slot_capacity: 987654,
  photo_offset: 5353,
  lr_mean: 0.0011,
  lr_scale: 0.0022,
  lr_quat: 0.0033,
  lr_opacity: 0.0044,
  lr_dc: 0.0055,
  lr_rest: 0.0066,
  bias1: 1 - 0.9 ** 7,
  bias2: 1 - 0.999 ** 7,
  noise: 0.0077,
  opacity_decay: 0.0088,
  scale_decay: 0.0099,
  ssim_weight: 0.15,
  exposure_gain: [1.125, 0.875, 1.25],
  exposure_bias: [0.03, -0.02, 0.01],
  view_slot: 41,
  lr_pose: 0.0012,
  pose_length: 3.5,
  pose_pull: 0.75,
  lr_exposure: 0.0013,
  exposure_pull: 0.625,
};

describe('step constants', () => {
  const { fields, size } = structFields(wgsl);
  const bytes = packStep(constants);
  const view = new DataView(bytes.buffer);
  const read = ({ type, offset }: Field): number | number[] => {
    if (type === 'u32') return view.getUint32(offset, true);
    const count = layoutOf[type][1] / 4;
    const values = Array.from({ length: count }, (_, k) => view.getFloat32(offset + 4 * k, true));
    return count === 1 ? values[0] : values;
  };

  test('the struct is understood and fits one slot of the uniform buffer', () => {
    expect(fields.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    expect(size).toBeLessThanOrEqual(stepBytes);
    expect(bytes.length).toBe(stepBytes);
  });

  test.each(fields)('$name lies at byte $offset', (field) => {
    const want = [expected[field.name]].flat();
    [read(field)].flat().forEach((value, k) => expect(value).toBeCloseTo(want[k], 6));
  });

  test('small bias corrections keep their digits', () => {
    const { offset } = fields.find(({ name }) => name === 'bias2')!;
    const first = new DataView(packStep({ ...constants, step: 1 }).buffer).getFloat32(offset, true);
    expect(first / 0.001).toBeCloseTo(1, 6);
  });
});

test('quaternions are normalised here', () => {
  const rows = rotationRows([2, 0, 0, 2]);
  [0, -1, 0, 1, 0, 0, 0, 0, 1].forEach((value, k) => expect(rows[k]).toBeCloseTo(value, 12));
});

test('tiles cover the image', () => {
  expect(tilesFor({ widthPx: 16, heightPx: 17 }, 8)).toEqual([2, 3]);
  expect(tilesFor({ widthPx: 1, heightPx: 1 }, 16)).toEqual([1, 1]);
});
