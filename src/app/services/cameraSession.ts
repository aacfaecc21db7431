/**
 * A camera session: opens the device's camera, keeps it open through switches and interruptions, and takes photos with it.
 * Invariant: at most one stream is open at a time, and none after dispose(); every failure has a name (cameraTrouble.ts).
 */
import { type LockPart, hasTorch, lock, lockableParts, setTorch, unlock } from './cameraControls.ts';
import { type StillSources, createStill } from './cameraStill.ts';
import { type CameraOutcome, type CameraTrouble, troubleOf } from './cameraTrouble.ts';

export interface CameraDevice {
  id: string;
  /** The browser's name for it; empty before the camera has been allowed. */
  label: string;
}

export interface CameraState {
  /** `paused`: the page is hidden or the system has taken the picture away for now. */
  phase: 'starting' | 'live' | 'paused' | 'ended';
  /** Why the session is paused or ended; null when it is live, or paused because the page is hidden. */
  trouble: CameraTrouble | null;
  stream: MediaStream | null;
  devices: readonly CameraDevice[];
  deviceId: string | null;
  /** The picture is the person's own face: shown mirrored. */
  facesUser: boolean;
  /** Null where there is no torch. */
  torch: boolean | null;
  /** What this camera lets a page hold, and what is held. */
  lockable: readonly LockPart[];
  locked: readonly LockPart[];
}

/** What the session needs of the browser. */
export interface CameraEnvironment {
  secure: boolean;
  mediaDevices: Pick<MediaDevices, 'getUserMedia' | 'enumerateDevices' | 'addEventListener' | 'removeEventListener'> | null;
  page: Pick<Document, 'hidden' | 'addEventListener' | 'removeEventListener'>;
  still(track: MediaStreamTrack): StillSources;
}

export interface CameraSession {
  readonly state: CameraState;
  /** Opens the rear camera, or the one named. Also starts again after an end. */
  start(deviceId?: string): Promise<void>;
  /** The next of the devices. */
  switchCamera(): Promise<void>;
  /** Shots are taken one after another. */
  takePhoto(): Promise<CameraOutcome<Blob>>;
  setTorch(on: boolean): Promise<void>;
  setLocked(on: boolean): Promise<void>;
  dispose(): void;
}

/** As large as the camera can; a browser gives the nearest it has. */
const size = { width: { ideal: 4096 }, height: { ideal: 3072 } };

const wanted = (deviceId: string | undefined): MediaStreamConstraints => ({
  audio: false,
  video: { ...size, ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: 'environment' } }) },
});

/** Before a session has started. */
export const closedCamera: CameraState = {
  phase: 'starting',
  trouble: null,
  stream: null,
  devices: [],
  deviceId: null,
  facesUser: false,
  torch: null,
  lockable: [],
  locked: [],
};

export function createCameraSession(environment: CameraEnvironment, onchange: (state: CameraState) => void): CameraSession {
  const { mediaDevices, page } = environment;
  let state = closedCamera;
  let still: (() => Promise<CameraOutcome<Blob>>) | null = null;
  let shots: Promise<unknown> = Promise.resolve();
  let disposed = false;
  /** Counts starts: an answer to an older one is dropped. */
  let round = 0;

  const trackOf = (): MediaStreamTrack | null => state.stream?.getVideoTracks()[0] ?? null;

  function set(change: Partial<CameraState>): void {
    if (disposed) return;
    state = { ...state, ...change };
    onchange(state);
  }

  function close(): void {
    state.stream?.getTracks().forEach((track) => track.stop());
    still = null;
  }

  function end(trouble: CameraTrouble): void {
    close();
    set({ phase: 'ended', trouble, stream: null, torch: null, locked: [], lockable: [] });
  }

  const devices = async (): Promise<CameraDevice[]> => {
    const all = (await mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    return all.filter(({ kind }) => kind === 'videoinput').map(({ deviceId, label }) => ({ id: deviceId, label }));
  };

  /** A track ends when its device goes or another program takes it. */
  async function ended(track: MediaStreamTrack): Promise<void> {
    const { deviceId } = state;
    const left = await devices();
    if (track !== trackOf()) return;
    end(deviceId && !left.some(({ id }) => id === deviceId) ? 'unplugged' : 'ended');
    set({ devices: left });
  }

  function watch(track: MediaStreamTrack): void {
    track.addEventListener('ended', () => void ended(track));
    track.addEventListener('mute', () => track === trackOf() && set({ phase: 'paused', trouble: page.hidden ? null : 'interrupted' }));
    track.addEventListener('unmute', () => track === trackOf() && set({ phase: 'live', trouble: null }));
  }

  async function opened(stream: MediaStream): Promise<void> {
    const track = stream.getVideoTracks()[0];
    if (!track) return end('no-camera');
    const { deviceId = null, facingMode } = track.getSettings();
    still = createStill(environment.still(track));
    watch(track);
    set({
      phase: 'live',
      trouble: null,
      stream,
      deviceId,
      facesUser: facingMode === 'user',
      torch: hasTorch(track) ? false : null,
      lockable: lockableParts(track),
      locked: [],
    });
    const list = await devices();
    if (stream === state.stream) set({ devices: list });
  }

  async function start(deviceId?: string): Promise<void> {
    const own = ++round;
    close();
    set({ ...closedCamera, devices: state.devices, deviceId: deviceId ?? null });
    if (!environment.secure) return end('insecure');
    if (!mediaDevices) return end('unsupported');
    const stream = await mediaDevices.getUserMedia(wanted(deviceId)).catch((error: unknown) => troubleOf(error));
    if (typeof stream === 'string') return own === round ? end(stream) : undefined;
    if (disposed || own !== round) stream.getTracks().forEach((track) => track.stop());
    else await opened(stream);
  }

  /** Coming back to the page: systems that take the camera from hidden pages end its track without a word. */
  function visibility(): void {
    const track = trackOf();
    if (page.hidden) {
      if (track) set({ phase: 'paused', trouble: null });
    } else if (track?.readyState === 'ended' || state.trouble === 'ended') void start(state.deviceId ?? undefined);
    else if (track) set({ phase: track.muted ? 'paused' : 'live', trouble: track.muted ? 'interrupted' : null });
  }

  const plugged = (): void => void devices().then((list) => set({ devices: list }));

  page.addEventListener('visibilitychange', visibility);
  mediaDevices?.addEventListener('devicechange', plugged);

  return {
    get state() {
      return state;
    },
    start,
    async switchCamera() {
      const at = state.devices.findIndex(({ id }) => id === state.deviceId);
      const next = state.devices[(at + 1) % Math.max(1, state.devices.length)];
      if (next) await start(next.id);
    },
    takePhoto() {
      const shot = shots.then((): Promise<CameraOutcome<Blob>> => still?.() ?? Promise.resolve({ ok: false, trouble: 'photo-failed' }));
      shots = shot;
      return shot;
    },
    async setTorch(on) {
      const track = trackOf();
      if (!track || state.torch === null) return;
      const burns = await setTorch(track, on);
      if (track === trackOf()) set({ torch: burns });
    },
    async setLocked(on) {
      const track = trackOf();
      if (!track) return;
      const locked = on ? await lock(track) : await unlock(track).then((): LockPart[] => []);
      if (track === trackOf()) set({ locked });
    },
    dispose() {
      round++;
      close();
      disposed = true;
      page.removeEventListener('visibilitychange', visibility);
      mediaDevices?.removeEventListener('devicechange', plugged);
    },
  };
}
