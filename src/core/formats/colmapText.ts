/**
 * COLMAP's text model: cameras.txt, images.txt, points3D.txt (COLMAP documentation, "Output format").
 * Invariant: every Failure names the file and the line.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import type { Camera } from '../scene/camera.ts';
import type { SparsePoints } from '../scene/reconstruction.ts';
import { cameraOfParameters, checkCamera, colmapParameterCount, isSupportedModel, unsupportedModel } from './colmapCameras.ts';
import { type PosedModel, type RawView, keepFinitePoints, keepUsableViews, noPoints, usablePose } from './posedModel.ts';

export interface NamedText {
  path: string;
  text: string;
}

interface Line {
  /** Counted from 1. */
  number: number;
  text: string;
}

const linesOf = (text: string): Line[] => text.split('\n').map((line, at) => ({ number: at + 1, text: line.trim() }));
const isData = (line: Line): boolean => line.text !== '' && !line.text.startsWith('#');
const fieldsOf = (text: string): string[] => text.split(/\s+/);
const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : NaN);

const badLine = (file: string, line: Line, why: string): ReturnType<typeof fail> =>
  fail('bad-file', `${file}, line ${line.number}: ${why}.`, { file });

/** CAMERA_ID MODEL WIDTH HEIGHT PARAMS[] */
function readCamera(line: Line, file: string): Result<Camera> {
  const [idText, model, width, height, ...parameterTexts] = fieldsOf(line.text);
  const id = wholeNumber(idText);
  if (Number.isNaN(id) || height === undefined) return badLine(file, line, 'a camera needs CAMERA_ID, MODEL, WIDTH, HEIGHT and parameters');
  if (!isSupportedModel(model)) return unsupportedModel(model, `Camera ${id}`, file);
  const wanted = colmapParameterCount(model);
  if (parameterTexts.length !== wanted) {
    return badLine(file, line, `${model} has ${wanted} parameters, but ${parameterTexts.length} are given`);
  }
  return checkCamera(cameraOfParameters(id, model, Number(width), Number(height), parameterTexts.map(Number)), `Camera ${id}`, file);
}

/** IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME; the name is the rest of the line and may hold spaces. */
const imageLine = /^(\d+)((?:\s+\S+){7})\s+(\d+)\s+(\S.*)$/;

function readImage(line: Line, file: string): Result<RawView> {
  const match = imageLine.exec(line.text);
  if (!match) return badLine(file, line, 'an image needs IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID and NAME');
  const [qw, qx, qy, qz, tx, ty, tz] = fieldsOf(match[2].trim()).map(Number);
  return ok({ photoName: match[4], cameraId: Number(match[3]), pose: usablePose([qw, qx, qy, qz], [tx, ty, tz]) });
}

/** A points line looks like an image line whose name is made of numbers. */
const onlyNumbers = /^[-+.\deE\s]*$/;

/** Some programs leave the points lines out altogether, and then the next image follows at once. */
const isImageLine = (line: Line): boolean => isData(line) && !onlyNumbers.test(imageLine.exec(line.text)?.[4] ?? '');

function readImages(file: NamedText): Result<RawView[]> {
  const lines = linesOf(file.text);
  const views: RawView[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!isData(lines[at])) continue;
    const view = readImage(lines[at], file.path);
    if (!view.ok) return view;
    views.push(view.value);
    if (at + 1 < lines.length && !isImageLine(lines[at + 1])) at++;
  }
  return ok(views);
}

/** POINT3D_ID X Y Z R G B ERROR TRACK[] as (IMAGE_ID, POINT2D_IDX) */
function readPoints(file: NamedText): Result<SparsePoints> {
  const lines = linesOf(file.text).filter(isData);
  const count = lines.length;
  const points: SparsePoints = {
    count,
    xyz: new Float64Array(3 * count),
    rgb: new Uint8Array(3 * count),
    error: new Float32Array(count),
    trackLength: new Uint32Array(count),
  };
  for (const [at, line] of lines.entries()) {
    const fields = fieldsOf(line.text);
    if (fields.length < 8 || fields.length % 2 !== 0)
      return badLine(file.path, line, 'a point needs POINT3D_ID, X, Y, Z, R, G, B, ERROR and pairs');
    const numbers = fields.slice(0, 8).map(Number);
    points.xyz.set(numbers.slice(1, 4), 3 * at);
    points.rgb.set(numbers.slice(4, 7), 3 * at);
    points.error[at] = numbers[7];
    points.trackLength[at] = (fields.length - 8) / 2;
  }
  return ok(points);
}

/** How many images images.txt holds, without judging them. */
export function countTextImages(images: NamedText): number {
  const read = readImages(images);
  return read.ok ? read.value.length : 0;
}

/** Reads a model; without points3D.txt it has no points. */
export function readColmapText(camerasFile: NamedText, imagesFile: NamedText, pointsFile: NamedText | null): Result<PosedModel> {
  const cameras: Camera[] = [];
  for (const line of linesOf(camerasFile.text).filter(isData)) {
    const camera = readCamera(line, camerasFile.path);
    if (!camera.ok) return camera;
    cameras.push(camera.value);
  }
  const images = readImages(imagesFile);
  if (!images.ok) return images;
  const points = pointsFile ? readPoints(pointsFile) : ok(noPoints());
  if (!points.ok) return points;
  const usable = keepUsableViews(images.value, cameras, imagesFile.path);
  const finite = keepFinitePoints(points.value, pointsFile?.path ?? '');
  return ok({ cameras, views: usable.views, points: finite.points, warnings: [...usable.warnings, ...finite.warnings] });
}
