/** Events of the element: their details and how they are sent. Invariant: every event is a CustomEvent with the detail named here. */
import type { Failure, FailureCode } from '../core/job/failure.ts';
import type { Vector3 } from '../core/math/rotation.ts';

export interface LoadDetail {
  /** The URL or the file's name; null for splats at hand. */
  url: string | null;
  splats: number;
  /** What was dropped or mended. */
  warnings: Failure[];
}
export interface ProgressDetail {
  /** 0..1; where the size of the file is not known, an estimate below 1 until the end. */
  totalProgress: number;
  loadedBytes: number;
  totalBytes: number | null;
}
export interface ErrorDetail {
  type: FailureCode;
  /** One English sentence. */
  message: string;
  sourceError: Failure;
}
export interface CameraChangeDetail {
  source: 'user-interaction' | 'none';
}
/** A point of the scene under a point of the page. World space. */
export interface Pick {
  position: Vector3;
  /** Direction the surface faces, unit, towards the camera; null where it cannot be told. */
  normal: Vector3 | null;
  /** Along the optical axis. */
  depth: number;
}
export interface PickDetail extends Pick {
  clientX: number;
  clientY: number;
}

export interface ViewerEvents {
  load: LoadDetail;
  progress: ProgressDetail;
  error: ErrorDetail;
  'camera-change': CameraChangeDetail;
  'poster-dismissed': null;
  'splat-pick': PickDetail;
  'model-visibility': { visible: boolean };
}

export function send<T extends keyof ViewerEvents>(target: EventTarget, type: T, detail: ViewerEvents[T]): void {
  target.dispatchEvent(new CustomEvent(type, { detail }));
}

export const sendError = (target: EventTarget, failure: Failure): void =>
  send(target, 'error', { type: failure.code, message: failure.detail, sourceError: failure });

type Listener<T extends keyof ViewerEvents> = (event: CustomEvent<ViewerEvents[T]>) => void;

/** What the element's listeners are given, for TypeScript. Goes before HTMLElement, whose load and error are other events. */
export interface ViewerListeners {
  addEventListener<T extends keyof ViewerEvents>(type: T, listener: Listener<T>, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<T extends keyof ViewerEvents>(type: T, listener: Listener<T>, options?: boolean | EventListenerOptions): void;
}
