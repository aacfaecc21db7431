/** The browser's side of a camera session. Invariant: nothing is asked of the person or the camera before the session starts. */
import { asJpeg, videoFrame } from './cameraPicture.ts';
import type { CameraEnvironment } from './cameraSession.ts';

/** `video`: the element the session's stream is shown in. */
export function browserCamera(video: HTMLVideoElement): CameraEnvironment {
  return {
    secure: isSecureContext,
    // Browsers leave it out on insecure pages, whatever the types say.
    mediaDevices: 'mediaDevices' in navigator ? navigator.mediaDevices : null,
    page: document,
    still: (track) => ({
      imageCapture: 'ImageCapture' in globalThis ? new ImageCapture(track) : null,
      videoFrame: (quality) => videoFrame(video, quality),
      asJpeg,
    }),
  };
}
