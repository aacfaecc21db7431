/** The page's side of the camera test: the screen by itself, what it hands over, and the tracks it opened. */
import { type Component, mount, unmount } from 'svelte';
import CameraScreen from '../../../src/app/features/capture/camera/CameraScreen.svelte';
import { preferredLocale, useLocale } from '../../../src/app/i18n/text.ts';
import type { PickedFile } from '../../../workers/protocol.ts';

declare global {
  var cameraPage: {
    shots: PickedFile[];
    removed: PickedFile[];
    done: PickedFile[] | null;
    cancelled: boolean;
    tracks: MediaStreamTrack[];
    leave(): void;
  };
}

const side = { shots: [], removed: [], done: null, cancelled: false, tracks: [], leave: () => undefined } as typeof globalThis.cameraPage;
globalThis.cameraPage = side;

const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  // Chromium's camera has up to 3840 px, which takes software long to draw and encode.
  const stream = await original({ ...constraints, video: { ...(constraints?.video as MediaTrackConstraints), width: 640, height: 480 } });
  side.tracks.push(...stream.getTracks());
  return stream;
};

await useLocale(preferredLocale());
const screen = mount(CameraScreen as Component<Record<string, unknown>>, {
  target: document.body,
  props: {
    onshot: (file: PickedFile) => side.shots.push(file),
    onremove: (file: PickedFile) => side.removed.push(file),
    ondone(files: PickedFile[]) {
      side.done = files;
      side.leave();
    },
    oncancel() {
      side.cancelled = true;
      side.leave();
    },
  },
});
side.leave = () => void unmount(screen);
