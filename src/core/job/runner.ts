/**
 * A runner turns photos into a model and tells how it goes; where it does so, here or in the cloud, the screen cannot tell.
 * Invariant: after `result` has settled no hook is called any more, and `result` always settles: with the model or with a Failure.
 */
import type { CloudPreset } from './cloudApi.ts';
import type { JobEvent } from './events.ts';
import type { Result } from './failure.ts';

/** `Bytes` is how the runner's surroundings hold a file: a Blob on a page. */
export interface RunnerHooks<Bytes> {
  event(event: JobEvent): void;
  /** The latest-value slot: each preview takes the place of the one before. A splat file. */
  preview?(splats: Bytes): void;
}

export interface RunningJob<Bytes> {
  /** The model as a splat file, with a name whose ending tells its format. */
  result: Promise<Result<{ blob: Bytes; fileName: string }>>;
  /** Ends the work; the result is then the Failure `cancelled`. Does nothing once it has settled. */
  cancel(): void;
  /** Stops listening and leaves the work to itself; the result is then the Failure `cancelled`, though the work goes on. */
  leave(): void;
}

export interface Runner<Order, Bytes> {
  start(order: Order, hooks: RunnerHooks<Bytes>): RunningJob<Bytes>;
}

/** What is asked of the cloud for one project. */
export interface CloudOrder {
  projectId: string;
  projectName: string;
  preset: CloudPreset;
  /** Which of the project's photos go, by their path in it; the paths stay on the device. */
  paths: string[];
  /** Scale the photos down on the device before they are sent. */
  compress: boolean;
}

export type CloudRunner<Bytes> = Runner<CloudOrder, Bytes>;
