/**
 * The intake worker's entry: files a person gave in, files of a project and the facts about them out.
 * Invariant: one command in, one result out, last of its messages; what is thrown is a bug and is left to be seen by the page.
 */
import type { IntakeCommand, IntakeMessage } from './intake/messages.ts';
import { runIntake } from './intake/intakeRun.ts';

const post = (message: IntakeMessage): void => self.postMessage(message);

self.addEventListener('message', ({ data }: MessageEvent<IntakeCommand>) => {
  runIntake(data, post).then(
    (result) => post({ type: 'done', result }),
    (error: unknown) => {
      // Thrown outside of the promise, so that it arrives as the worker's error.
      setTimeout(() => {
        throw error;
      });
    },
  );
});
