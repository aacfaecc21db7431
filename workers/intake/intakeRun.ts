/**
 * One intake: from what a person gave to files in the project's folder and the facts about them.
 * Invariant: nothing is written when it is known beforehand that it will not fit; what was written stays when something later fails.
 */
import { judgePhotos } from '../../src/core/image/photoCheck.ts';
import { thumbnailOf } from '../../src/core/image/thumbnail.ts';
import { type Failure, type Result, fail, ok } from '../../src/core/job/failure.ts';
import { thumbnailFile } from '../../src/core/project/layout.ts';
import type { ProjectPhoto } from '../../src/core/project/project.ts';
import type { GreyImage } from '../../src/core/sfm/grey.ts';
import { openProjectFolder } from '../store/projectFolder.ts';
import { type Given, type IntakeFile, blobOf, whatWasGiven } from './given.ts';
import { takeDataset, takeSplats } from './givenFiles.ts';
import { type Keeper, openKeeper } from './keeper.ts';
import type { IntakeCommand, IntakeMessage, IntakeResult } from './messages.ts';
import { type SmallPictures, createSmallPictures } from './smallPictures.ts';
import { type PhotoTaker, createPhotoTaker, duplicateWidthPx } from './takePhotos.ts';

type Post = (message: IntakeMessage) => void;

/** What a photo takes beside itself, and what the frames of a video may take (videoFrames.ts: at most 60 of 1600 px). */
const thumbnailBytes = 40_000;
const framesBytes = 60 * 600_000;

const neededBytes = ({ photos, videos }: { photos: IntakeFile[]; videos: IntakeFile[] }): number =>
  photos.reduce((sum, { sizeBytes }) => sum + sizeBytes + thumbnailBytes, 0) + videos.length * framesBytes;

/** Small grey pictures of photos from before, from what lies in the project's folder; those without are left out. */
async function greysBefore(command: IntakeCommand, pictures: SmallPictures): Promise<Map<string, GreyImage>> {
  const greys = new Map<string, GreyImage>();
  if (command.photosBefore.length === 0) return greys;
  const folder = await openProjectFolder(command.projectId).catch(() => null);
  for (const { id, file } of command.photosBefore) {
    if (!folder || !file) continue;
    const handle = await folder.getFileHandle(thumbnailFile(file)).catch(() => null);
    const grey = handle && (await pictures.greyOf(await handle.getFile()).catch(() => null));
    if (grey) greys.set(id, thumbnailOf(grey, duplicateWidthPx));
  }
  return greys;
}

/** Takes photos until one does not fit; gives back why it stopped, null when it did not. */
async function takeAll(files: IntakeFile[], taker: PhotoTaker, advance: () => void): Promise<Failure | null> {
  for (const file of files) {
    const taken = await taker.take(file);
    if (!taken.ok) return taken.failure;
    advance();
  }
  return null;
}

/** The frames of one video; why there are none where it cannot be used. */
async function framesOf(video: IntakeFile, post: Post): Promise<Result<IntakeFile[]>> {
  const { videoFrames } = await import('../sfm/videoFrames.ts');
  const name = video.path;
  const content = await blobOf(video).catch(() => null);
  if (!content) return fail('bad-file', `${name} cannot be read.`, { file: name });
  const emit: Parameters<typeof videoFrames>[2] = (event) => {
    if (event.type === 'progress') post({ type: 'progress', done: event.done, total: event.total, unit: 'frames' });
  };
  return videoFrames(content, name, emit, new AbortController().signal);
}

interface Taken {
  taker: PhotoTaker;
  remarks: Failure[];
  framesTaken: number;
}

/** Photos first, because they show at once; then each video's frames, looked for and taken in. */
async function takePhotosAndVideos(given: Extract<Given, { kind: 'photos' }>, taker: PhotoTaker, post: Post): Promise<Taken> {
  const remarks = [...given.warnings];
  let [done, total] = [0, given.photos.length];
  const say = (): void => post({ type: 'progress', done, total, unit: 'photos' });
  const advance = (): void => {
    done++;
    say();
  };
  say();
  let stopped = await takeAll(given.photos, taker, advance);
  let framesTaken = 0;
  for (const video of given.videos) {
    if (stopped) break;
    const frames = await framesOf(video, post);
    if (!frames.ok) {
      remarks.push(frames.failure);
      continue;
    }
    total += frames.value.length;
    const before = done;
    stopped = await takeAll(frames.value, taker, advance);
    framesTaken += done - before;
  }
  if (stopped) remarks.unshift(stopped);
  return { taker, remarks, framesTaken };
}

/** All photos with the new ones judged; what the person chose before stays. */
async function judged(command: IntakeCommand, taker: PhotoTaker, pictures: SmallPictures): Promise<ProjectPhoto[]> {
  const { photosBefore } = command;
  const greys = await greysBefore(command, pictures);
  for (const [id, grey] of taker.greys) greys.set(id, grey);
  return judgePhotos([...photosBefore, ...taker.photos()], greys, new Set(photosBefore.map(({ id }) => id)));
}

async function photosTaken(
  command: IntakeCommand,
  given: Extract<Given, { kind: 'photos' }>,
  keeper: Keeper,
  post: Post,
): Promise<Result<IntakeResult>> {
  const room = await keeper.checkRoom(neededBytes(given));
  if (!room.ok) return room;
  const pictures = createSmallPictures();
  const taker = createPhotoTaker({ keeper, pictures, post }, command.photosBefore);
  const { remarks, framesTaken } = await takePhotosAndVideos(given, taker, post);
  const taken = taker.photos().length;
  // Nothing came of it, and why is known: that is the answer.
  if (taken === 0 && command.photosBefore.length === 0 && remarks.length > 0) return { ok: false, failure: remarks[0] };
  return ok({
    source: taken > 0 && framesTaken === taken ? 'video' : 'photos',
    photos: await judged(command, taker, pictures),
    files: [],
    splatFile: null,
    warnings: [...remarks, ...taker.remarks()],
    bytes: keeper.bytesWritten(),
  });
}

/** Takes in what was given. Fails with `storage-full`, `bad-file` or `too-few-photos`; nothing of it is listed then. */
export async function runIntake(command: IntakeCommand, post: Post): Promise<Result<IntakeResult>> {
  const given = await whatWasGiven(command.picked, command.photosBefore.length > 0);
  if (!given.ok) return given;
  const keeper = await openKeeper(command.projectId);
  if (given.value.kind === 'splats') return takeSplats(given.value.file, keeper, post);
  if (given.value.kind === 'dataset') return takeDataset(given.value.files, keeper, post);
  return photosTaken(command, given.value, keeper, post);
}
