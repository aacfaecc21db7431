/**
 * Still photos from a camera's track: the sensor's own where the browser can take them, else a frame of the video.
 * Invariant: what is given back is a JPEG. Once the camera has failed to take a photo, all further ones are frames of the video, so that a
 * set has one size.
 */
import { type CameraOutcome } from './cameraTrouble.ts';

/** JPEG quality of what is encoded here, 0..1. */
const quality = 0.95;
/** Some phones never answer; a shot that takes longer is taken from the video. */
const patienceMs = 5000;

export interface StillSources {
  /** Null where the browser cannot take photos. */
  imageCapture: Pick<ImageCapture, 'takePhoto' | 'getPhotoCapabilities'> | null;
  /** The video's present frame as a JPEG of this quality; null while there is none. */
  videoFrame(quality: number): Promise<Blob | null>;
  /** Any picture as a JPEG of this quality; null when it cannot be read. */
  asJpeg(picture: Blob, quality: number): Promise<Blob | null>;
}

const withPatience = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([work, new Promise<T>((_, reject) => setTimeout(() => reject(new Error('The camera did not answer.')), patienceMs))]);

/** The largest photo, without the flash: it would light every view differently. */
async function photoSettings(capture: NonNullable<StillSources['imageCapture']>): Promise<PhotoSettings> {
  const offered = await capture.getPhotoCapabilities().catch(() => null);
  const [width, height] = [offered?.imageWidth?.max, offered?.imageHeight?.max];
  return {
    ...(width && height ? { imageWidth: width, imageHeight: height } : {}),
    ...(offered?.fillLightMode?.includes('off') ? { fillLightMode: 'off' as const } : {}),
  };
}

/** Takes photos one after another. Troubles: photo-failed. */
export function createStill({ imageCapture, videoFrame, asJpeg }: StillSources): () => Promise<CameraOutcome<Blob>> {
  let capture = imageCapture;
  let settings: Promise<PhotoSettings> | null = null;

  async function fromSensor(): Promise<Blob | null> {
    if (!capture) return null;
    settings ??= photoSettings(capture);
    const photo = await capture.takePhoto(await settings);
    return photo.type === 'image/jpeg' ? photo : asJpeg(photo, quality);
  }

  return async () => {
    const photo = await withPatience(fromSensor()).catch(() => null);
    if (!photo) capture = null;
    const file = photo ?? (await videoFrame(quality).catch(() => null));
    return file ? { ok: true, value: file } : { ok: false, trouble: 'photo-failed' };
  };
}
