/**
 * glTF and GLB with KHR_gaussian_splatting: every primitive of every node of the scene, moved to where the node is, in the file space of
 * PLY (y down): glTF's y-up space turned by half a turn about z.
 * Invariant: this file is loaded only when such a file is.
 */
import { type Accessor, type Node, type Primitive, WebIO } from '@gltf-transform/core';
import { type Splats, emptySplats, shBasisCount } from '../../scene/splats.ts';
import type { DecodeOptions, SplatFormat } from '../splatStream.ts';
import type { ByteReader } from './byteReader.ts';
import { type GaussianPrimitive, GaussianSplatting, gaussianSplatting } from './gaussianExtension.ts';
import { openGltf } from './gltfFile.ts';
import type { Intake } from './intake.ts';
import { displayFromLinear } from './linearColour.ts';
import { type Affine, moveSplats } from './moveSplats.ts';
import { Refusal, messageOf, refuse } from './refusal.ts';

const sh0 = 0.28209479177387814;
const mostLogit = 15;
/** Splats of all instances together; a few kilobytes of JSON could otherwise ask for any number. */
const mostSplats = 1 << 27;

interface Instance {
  primitive: Primitive;
  node: Node;
}

/** All numbers of an accessor, normalised where it says so. */
function numbersOf(accessor: Accessor, width: number): Float32Array {
  const array: unknown = accessor.getArray();
  if (array instanceof Float32Array && accessor.getElementSize() === width) return array;
  const out = new Float32Array(accessor.getCount() * width);
  const element: number[] = [];
  for (let i = 0; i < accessor.getCount(); i++) {
    accessor.getElement(i, element);
    for (let k = 0; k < width; k++) out[width * i + k] = element[k] ?? 0;
  }
  return out;
}

/** An attribute's numbers; refused when it is missing (null when it may be) or its count is not the positions'. */
function attribute(primitive: Primitive, semantic: string, width: number, name: string): Float32Array | null {
  const accessor = primitive.getAttribute(semantic);
  if (!accessor) return null;
  const count = primitive.getAttribute('POSITION')?.getCount();
  if (accessor.getCount() !== count) refuse(name, `is damaged: ${semantic} has ${accessor.getCount()} values for ${count ?? 0} splats`);
  return numbersOf(accessor, width);
}

const required = (primitive: Primitive, semantic: string, width: number, name: string): Float32Array =>
  attribute(primitive, semantic, width, name) ?? refuse(name, `is damaged: its splats have no ${semantic}`);

const coefficient = (degree: number, n: number): string => `${gaussianSplatting}:SH_DEGREE_${degree}_COEF_${n}`;

/** Highest degree up to 3 whose attributes are all there. */
function degreeOf(primitive: Primitive): number {
  for (let degree = 1; degree <= 3; degree++)
    for (let n = 0; n <= 2 * degree; n++) if (!primitive.getAttribute(coefficient(degree, n))) return degree - 1;
  return 3;
}

function readSh(primitive: Primitive, splats: Splats, name: string): void {
  const basis = shBasisCount(splats.shDegree);
  const put = (k: number, values: Float32Array): void => {
    for (let i = 0; i < splats.count; i++) for (let c = 0; c < 3; c++) splats.sh[3 * (basis * i + k) + c] = values[3 * i + c];
  };
  const plain = attribute(primitive, coefficient(0, 0), 3, name);
  const fallback = plain ? null : attribute(primitive, 'COLOR_0', 3, name);
  if (plain) put(0, plain);
  else if (fallback)
    put(
      0,
      fallback.map((value) => (value - 0.5) / sh0),
    );
  else refuse(name, 'is damaged: its splats have neither spherical harmonics nor COLOR_0');
  const degree = Math.min(splats.shDegree, degreeOf(primitive));
  for (let l = 1, k = 1; l <= degree; l++) for (let n = 0; n <= 2 * l; n++) put(k++, required(primitive, coefficient(l, n), 3, name));
}

/** Splats of one primitive in its own space. Scales are linear; a draft of the extension had logarithms, which go below zero. */
function readPrimitive(primitive: Primitive, shDegree: number, name: string): Splats {
  const means = required(primitive, 'POSITION', 3, name);
  const splats = emptySplats(means.length / 3, shDegree);
  const rotation = required(primitive, `${gaussianSplatting}:ROTATION`, 4, name);
  const scale = required(primitive, `${gaussianSplatting}:SCALE`, 3, name);
  const opacity = required(primitive, `${gaussianSplatting}:OPACITY`, 1, name);
  const logarithms = scale.some((value) => value < 0);
  splats.means.set(means);
  splats.logScales.set(logarithms ? scale : scale.map(Math.log));
  for (let i = 0; i < splats.count; i++) {
    for (let k = 0; k < 4; k++) splats.quats[4 * i + ((k + 1) % 4)] = rotation[4 * i + k];
    splats.opacityLogits[i] = Math.max(-mostLogit, Math.min(mostLogit, Math.log(opacity[i] / (1 - opacity[i]))));
  }
  readSh(primitive, splats, name);
  return splats;
}

/** World matrix of a node, then half a turn about z. */
function fileFromNode(node: Node): Affine {
  const m = node.getWorldMatrix();
  const row = (r: number, sign: number): number[] => [sign * m[r], sign * m[4 + r], sign * m[8 + r]];
  return { linear: [...row(0, -1), ...row(1, -1), ...row(2, 1)], offset: [-m[12], -m[13], m[14]] };
}

const wordsOf = (primitive: Primitive): GaussianPrimitive | null => primitive.getExtension<GaussianPrimitive>(gaussianSplatting);

async function instancesOf(bytes: Uint8Array, name: string, isBinary: boolean, sibling: DecodeOptions['sibling']): Promise<Instance[]> {
  const opened = await openGltf(bytes, name, isBinary, sibling);
  const document = await new WebIO().registerExtensions([GaussianSplatting]).readJSON(opened);
  const root = document.getRoot();
  const scene = root.getDefaultScene() ?? root.listScenes()[0];
  const instances: Instance[] = [];
  const add = (node: Node): void => {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) if (wordsOf(primitive)) instances.push({ primitive, node });
  };
  if (scene) scene.traverse(add);
  else root.listNodes().forEach(add);
  return instances;
}

function warnOf(words: GaussianPrimitive[], name: string, intake: Intake): void {
  if (words.some((word) => word.getColorSpace() === 'lin_rec709_display'))
    intake.warn(`${name} has colours in linear light; they are blended as display colours, which is close but not the same.`);
  const kernel = words.find((word) => word.getKernel() !== 'ellipse')?.getKernel();
  if (kernel) intake.warn(`${name} asks for the kernel "${kernel}"; its splats are drawn as ellipses.`);
}

/** Reads a glTF from its first byte on. */
export async function decodeGltf(
  reader: ByteReader,
  name: string,
  intake: Intake,
  options: DecodeOptions,
  format: SplatFormat & ('gltf' | 'glb'),
): Promise<void> {
  const bytes = await reader.rest();
  const instances = await instancesOf(bytes, name, format === 'glb', options.sibling).catch((error: unknown) => {
    if (error instanceof Refusal) throw error;
    return refuse(name, `is damaged: ${messageOf(error)}`);
  });
  const expected = instances.reduce((sum, { primitive }) => sum + (primitive.getAttribute('POSITION')?.getCount() ?? 0), 0);
  if (expected === 0) refuse(name, 'holds no splats: its scene shows none');
  if (expected > mostSplats) refuse(name, `shows ${expected} splats, more than can be drawn`, 'out-of-memory');
  const shDegree = Math.max(...instances.map(({ primitive }) => degreeOf(primitive)));
  intake.open({ format, shDegree, antialiased: false, expected });
  warnOf(
    instances.flatMap(({ primitive }) => wordsOf(primitive) ?? []),
    name,
    intake,
  );
  for (const { primitive, node } of instances) {
    const splats = readPrimitive(primitive, shDegree, name);
    if (wordsOf(primitive)?.getColorSpace() === 'lin_rec709_display') displayFromLinear(splats);
    moveSplats(splats, fileFromNode(node));
    await intake.push(splats);
  }
}
