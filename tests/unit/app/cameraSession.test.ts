/** The camera session against a fake mediaDevices: every error has its name, and no track is left running. */
import { describe, expect, test } from 'vitest';
import { type CameraEnvironment, type CameraState, createCameraSession } from '../../../src/app/services/cameraSession.ts';
import { troubleOf } from '../../../src/app/services/cameraTrouble.ts';

class FakeTrack extends EventTarget {
  readyState: 'live' | 'ended' = 'live';
  muted = false;
  readonly settings: Record<string, unknown>;
  readonly capabilities: Record<string, unknown>;
  constructor(settings: Record<string, unknown>, capabilities: Record<string, unknown>) {
    super();
    this.settings = settings;
    this.capabilities = capabilities;
  }
  stop(): void {
    this.readyState = 'ended';
  }
  getSettings = () => ({ ...this.settings });
  getCapabilities = () => this.capabilities;
  /** Takes what a capability lists, refuses all else. */
  applyConstraints = async ({ advanced: [wanted] }: { advanced: Record<string, unknown>[] }) => {
    for (const [name, value] of Object.entries(wanted)) {
      const offered = this.capabilities[name];
      if (Array.isArray(offered) ? !offered.includes(value) : !offered) throw new DOMException('', 'OverconstrainedError');
    }
    Object.assign(this.settings, wanted);
  };
  /** The device or the system ends it. */
  break(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
  mute(on: boolean): void {
    this.muted = on;
    this.dispatchEvent(new Event(on ? 'mute' : 'unmute'));
  }
}

interface Fake {
  environment: CameraEnvironment;
  tracks: FakeTrack[];
  asked: MediaStreamConstraints[];
  plugged: string[];
  page: EventTarget & { hidden: boolean };
  states: CameraState[];
  show(hidden: boolean): void;
}

function fake({ error = '', capabilities = {}, secure = true, present = true } = {}): Fake {
  const page = Object.assign(new EventTarget(), { hidden: false });
  const self: Fake = {
    tracks: [],
    asked: [],
    plugged: ['rear', 'front'],
    page,
    states: [],
    show(hidden) {
      page.hidden = hidden;
      page.dispatchEvent(new Event('visibilitychange'));
    },
    environment: {
      secure,
      page: page,
      mediaDevices: present
        ? Object.assign(new EventTarget(), {
            async getUserMedia(constraints: MediaStreamConstraints) {
              self.asked.push(constraints);
              if (error) throw new DOMException('', error);
              const exact = (constraints.video as { deviceId?: { exact: string } }).deviceId?.exact ?? 'rear';
              const track = new FakeTrack({ deviceId: exact, facingMode: exact === 'front' ? 'user' : 'environment' }, { ...capabilities });
              self.tracks.push(track);
              return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream;
            },
            enumerateDevices: async () =>
              self.plugged.map((deviceId) => ({ deviceId, kind: 'videoinput', label: deviceId }) as MediaDeviceInfo),
          })
        : null,
      still: () => ({
        imageCapture: null,
        videoFrame: async () => new Blob([new Uint8Array(3)], { type: 'image/jpeg' }),
        asJpeg: async () => null,
      }),
    },
  };
  return self;
}

const open = (self: Fake) => createCameraSession(self.environment, (state) => self.states.push(state));
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('opening', () => {
  test('asks for the rear camera at its largest, without sound', async () => {
    const self = fake();
    const session = open(self);
    await session.start();
    expect(self.asked[0]).toMatchObject({ audio: false, video: { facingMode: { ideal: 'environment' } } });
    expect(session.state).toMatchObject({ phase: 'live', trouble: null, deviceId: 'rear', facesUser: false, torch: null, lockable: [] });
    expect(session.state.devices.map(({ id }) => id)).toEqual(['rear', 'front']);
  });

  test.each([
    ['NotAllowedError', 'refused'],
    ['SecurityError', 'refused'],
    ['NotFoundError', 'no-camera'],
    ['OverconstrainedError', 'no-camera'],
    ['NotReadableError', 'in-use'],
    ['AbortError', 'in-use'],
    ['SomethingNewError', 'failed'],
  ])('%s is called %s', async (error, trouble) => {
    const self = fake({ error });
    const session = open(self);
    await session.start();
    expect(session.state).toMatchObject({ phase: 'ended', trouble, stream: null });
    expect(await session.takePhoto()).toEqual({ ok: false, trouble: 'photo-failed' });
  });

  test('an insecure page and a browser without cameras are told apart, and no thrown thing is without a name', async () => {
    const insecure = open(fake({ secure: false, present: false }));
    const without = open(fake({ present: false }));
    await Promise.all([insecure.start(), without.start()]);
    expect([insecure.state.trouble, without.state.trouble]).toEqual(['insecure', 'unsupported']);
    for (const thrown of [undefined, null, 'no', new Error('no')]) expect(troubleOf(thrown)).toBe('failed');
  });

  test('an answer that comes after dispose() or after another start is stopped', async () => {
    const self = fake();
    const session = open(self);
    const [first, second] = [session.start(), session.start('front')];
    await Promise.all([first, second]);
    expect(self.tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'live']);
    const third = session.start();
    session.dispose();
    await third;
    expect(self.tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
  });
});

describe('in the middle', () => {
  test('another camera: one track at a time, the face mirrored', async () => {
    const self = fake();
    const session = open(self);
    await session.start();
    await session.switchCamera();
    expect(session.state).toMatchObject({ deviceId: 'front', facesUser: true, phase: 'live' });
    expect(self.tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'live']);
    await session.switchCamera();
    expect(session.state.deviceId).toBe('rear');
  });

  test('a track that ends, and one whose device is gone', async () => {
    const self = fake();
    const session = open(self);
    await session.start();
    self.tracks[0].break();
    await settled();
    expect(session.state).toMatchObject({ phase: 'ended', trouble: 'ended', stream: null });
    await session.start();
    self.plugged = ['front'];
    self.tracks[1].break();
    await settled();
    expect(session.state).toMatchObject({ phase: 'ended', trouble: 'unplugged' });
    expect(session.state.devices.map(({ id }) => id)).toEqual(['front']);
  });

  test('a call interrupts and ends; a hidden page pauses without trouble', async () => {
    const self = fake();
    const session = open(self);
    await session.start();
    self.tracks[0].mute(true);
    expect(session.state).toMatchObject({ phase: 'paused', trouble: 'interrupted' });
    self.tracks[0].mute(false);
    expect(session.state).toMatchObject({ phase: 'live', trouble: null });
    self.show(true);
    expect(session.state).toMatchObject({ phase: 'paused', trouble: null });
    self.show(false);
    expect(session.state.phase).toBe('live');
  });

  test('a camera taken away while the page was hidden is opened again on return', async () => {
    const self = fake();
    const session = open(self);
    await session.start('front');
    self.show(true);
    self.tracks[0].break();
    await settled();
    self.show(false);
    await settled();
    expect(session.state).toMatchObject({ phase: 'live', deviceId: 'front' });
    expect(self.tracks.length).toBe(2);
  });

  test('after dispose() nothing runs and nothing is told', async () => {
    const self = fake();
    const session = open(self);
    await session.start();
    session.dispose();
    const told = self.states.length;
    self.tracks[0].mute(true);
    self.show(true);
    await settled();
    expect(self.states.length).toBe(told);
    expect(self.tracks[0].readyState).toBe('ended');
  });
});

describe('controls', () => {
  test('what the camera offers is held at its present values and let go; what it does not offer stays', async () => {
    const capabilities = {
      exposureMode: ['continuous', 'manual'],
      exposureTime: { min: 1, max: 100 },
      whiteBalanceMode: ['continuous'],
      focusMode: ['single-shot', 'manual'],
      torch: true,
    };
    const self = fake({ capabilities });
    const session = open(self);
    await session.start();
    self.tracks[0].settings['exposureTime'] = 33;
    expect(session.state).toMatchObject({ lockable: ['exposure', 'focus'], torch: false });
    await session.setLocked(true);
    expect(session.state.locked).toEqual(['exposure', 'focus']);
    expect(self.tracks[0].settings).toMatchObject({ exposureMode: 'manual', exposureTime: 33, focusMode: 'manual' });
    await session.setLocked(false);
    expect(session.state.locked).toEqual([]);
    expect(self.tracks[0].settings).toMatchObject({ exposureMode: 'continuous', focusMode: 'single-shot' });
    await session.setTorch(true);
    expect(session.state.torch).toBe(true);
  });

  test('a camera that says yes and does not do it is not called locked', async () => {
    const self = fake({ capabilities: { exposureMode: ['continuous', 'manual'] } });
    const session = open(self);
    await session.start();
    self.tracks[0].applyConstraints = async () => undefined;
    await session.setLocked(true);
    expect(session.state.locked).toEqual([]);
  });
});
