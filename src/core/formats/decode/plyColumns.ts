/**
 * Which property of a PLY's rows belongs to which value of a splat.
 * Invariant: shared by the binary and the ASCII reader, so both understand the same files.
 */
import { type Splats, shBasisCount } from '../../scene/splats.ts';
import type { PlyHeader } from '../plyHeader.ts';
import { refuse } from './refusal.ts';

/** One value of a splat: where it is in the row and where it goes. Column -1: the file has none, the splat gets `otherwise`. */
export interface PlyColumn {
  column: number;
  array: 'means' | 'logScales' | 'quats' | 'opacityLogits' | 'sh';
  stride: number;
  index: number;
  otherwise: number;
}

export interface PlyLayout {
  shDegree: number;
  antialiased: boolean;
  columns: PlyColumn[];
  /** Degrees above 3 that the file has and that are left out. */
  degreeInFile: number;
}

const antialiasedComments = ['splat-app antialiased', 'splatrendermode: mip', 'antialiased 1'];

/** Whether a comment says that the splats were trained antialiased, in our words or another program's. */
export const saysAntialiased = (comments: string[]): boolean =>
  comments.some((comment) => antialiasedComments.includes(comment.toLowerCase()));

/** Degree whose three channels have `count` coefficients above degree 0; null when there is none. */
function degreeOfRest(count: number): number | null {
  const degree = Math.sqrt(count / 3 + 1) - 1;
  return Number.isInteger(degree) ? degree : null;
}

/** Refuses a PLY whose vertices are no splats. A missing third scale is a surfel (2DGS): flat. */
export function plyLayout(header: PlyHeader, name: string): PlyLayout {
  const names = header.properties.map((property) => property.name);
  const restCount = names.filter((property) => /^f_rest_\d+$/.test(property)).length;
  const degreeInFile = degreeOfRest(restCount);
  const required = ['x', 'y', 'z', 'f_dc_0', 'f_dc_1', 'f_dc_2', 'opacity', 'scale_0', 'scale_1', 'rot_0', 'rot_1', 'rot_2', 'rot_3'];
  const missing = required.filter((property) => !names.includes(property));
  const what = names.includes('red') || names.includes('vertex_indices') ? 'a PLY mesh or point cloud' : 'a PLY';
  if (missing.length > 0) refuse(name, `is ${what} without splats: its vertices have no ${missing.join(', ')}`);
  if (degreeInFile === null) return refuse(name, `has ${restCount} f_rest_* properties, which belongs to no SH degree`);
  const shDegree = Math.min(3, degreeInFile);
  const columns: PlyColumn[] = [];
  const add = (property: string, array: PlyColumn['array'], stride: number, index: number, otherwise = 0): void =>
    void columns.push({ column: names.indexOf(property), array, stride, index, otherwise });
  const basis = shBasisCount(shDegree);
  const basisInFile = shBasisCount(degreeInFile);
  for (let k = 0; k < 3; k++) add('xyz'[k], 'means', 3, k);
  for (let k = 0; k < 3; k++) add(`scale_${k}`, 'logScales', 3, k, -Infinity);
  for (let k = 0; k < 4; k++) add(`rot_${k}`, 'quats', 4, k);
  add('opacity', 'opacityLogits', 1, 0);
  for (let k = 0; k < 3; k++) add(`f_dc_${k}`, 'sh', 3 * basis, k);
  for (let k = 1; k < basis; k++) for (let c = 0; c < 3; c++) add(`f_rest_${c * (basisInFile - 1) + k - 1}`, 'sh', 3 * basis, 3 * k + c);
  return { shDegree, antialiased: saysAntialiased(header.comments), columns, degreeInFile };
}

/** Fills one value of every splat from `read`, which gives the number in a row and column. */
export function fillColumn(splats: Splats, column: PlyColumn, read: (row: number) => number): void {
  const values = splats[column.array];
  for (let i = 0; i < splats.count; i++) values[i * column.stride + column.index] = read(i);
}
