/** The view bench's figures as a table. Invariant: medians over the camera path; a figure that could not be had is n/a. */
import type { PathTimes, StageMs } from './benchViewer.ts';

export interface Measured {
  viewer: string;
  count: number;
  firstPictureMs: number;
  code: { files: number; bytes: number; gzipBytes: number };
  times: PathTimes;
  cpuMs: number | null;
  moveMs: number[];
  gpuStages: StageMs | null;
  gpuBytes: number | null;
  psnr: number[];
  matchedPsnr: number[];
}

export interface ViewRow {
  viewer: string;
  splats: number;
  /** Sorted, finished picture: median and lowest. */
  totalMs: number;
  bestMs: number;
  /** CPU time of all the browser's processes for one such picture: on a software adapter the whole cost. */
  cpuMs: number | null;
  /** Picture while moving, with whatever order is there. */
  moveMs: number;
  /** By the wall clock where the viewer's stages can be told apart from outside. */
  wall: StageMs;
  /** By the GPU's timestamps. */
  gpu: StageMs | null;
  firstPictureMs: number;
  codeBytes: number;
  codeGzipBytes: number;
  codeFiles: number;
  psnrDb: number;
  matchedPsnrDb: number;
  bytesPerSplat: number | null;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function medianStage(stages: StageMs[], name: keyof StageMs): number | null {
  const values = stages.map((stage) => stage[name]);
  return values.every((value) => value !== null) ? median(values) : null;
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const rounded = (value: number): number => Math.round(value * 100) / 100;

export function rowOf(measured: Measured): ViewRow {
  const { viewer, count, firstPictureMs, code, cpuMs, moveMs, gpuStages, gpuBytes, psnr, matchedPsnr } = measured;
  const { totalMs, stages } = measured.times;
  const stage = (name: keyof StageMs): number | null => medianStage(stages, name);
  return {
    viewer,
    splats: count,
    totalMs: rounded(median(totalMs)),
    bestMs: rounded(Math.min(...totalMs)),
    cpuMs: cpuMs === null ? null : rounded(cpuMs),
    moveMs: rounded(median(moveMs)),
    wall: { project: stage('project'), sort: stage('sort'), draw: stage('draw') },
    gpu: gpuStages,
    firstPictureMs: Math.round(firstPictureMs),
    codeBytes: code.bytes,
    codeGzipBytes: code.gzipBytes,
    codeFiles: code.files,
    psnrDb: rounded(mean(psnr)),
    matchedPsnrDb: rounded(mean(matchedPsnr)),
    bytesPerSplat: gpuBytes === null ? null : rounded(gpuBytes / count),
  };
}

const cell = (value: number | null, digits: number): string => (value === null ? 'n/a' : value.toFixed(digits));

const columns: [title: string, value: (row: ViewRow) => string][] = [
  ['splats', (row) => String(row.splats)],
  ['viewer', (row) => row.viewer],
  ['total', (row) => cell(row.totalMs, 1)],
  ['best', (row) => cell(row.bestMs, 1)],
  ['cpu', (row) => cell(row.cpuMs, 0)],
  ['moving', (row) => cell(row.moveMs, 1)],
  ['project', (row) => cell(row.wall.project ?? row.gpu?.project ?? null, 1)],
  ['sort', (row) => cell(row.wall.sort ?? row.gpu?.sort ?? null, 1)],
  ['draw', (row) => cell(row.wall.draw ?? row.gpu?.draw ?? null, 1)],
  ['PSNR', (row) => cell(row.psnrDb, 2)],
  ['matched', (row) => cell(row.matchedPsnrDb, 2)],
  ['first ms', (row) => cell(row.firstPictureMs, 0)],
  ['code KB gz', (row) => cell(row.codeGzipBytes / 1024, 1)],
  ['B/splat', (row) => cell(row.bytesPerSplat, 1)],
];

export function printRows(rows: ViewRow[]): void {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, value]) => value(row)))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)) + 2);
  for (const line of lines) process.stdout.write(`${line.map((text, i) => text.padStart(widths[i])).join('')}\n`);
}
