/**
 * Who may run: at most one run in this tab, and none while another tab has one.
 * Invariant: a run that begins holds the lock; a run that is replaced is ended first, so its worker and GPU device are gone.
 */
import type { Journey } from './journey.svelte.ts';
import { type LiveRun, createLiveRun } from './liveRun.svelte.ts';
import { takeRunLock, waitForRunLock } from '../services/runLock.ts';

export interface Blocked {
  by: 'otherTab' | 'thisTab';
  /** The run begins by itself when the other ends. */
  waits: boolean;
}

export interface Runs {
  /** The run of this tab, at work or at rest. */
  readonly live: LiveRun | null;
  /** Why the last start did not begin. */
  readonly blocked: Blocked | null;
  /** Something would be lost with this tab. */
  readonly isUnsaved: boolean;
  /** The run of a project; null when it has none here. */
  of(projectId: string): LiveRun | null;
  /** Begins a project's run, or takes it up from what was kept. */
  start(projectId: string, options?: { wait?: boolean }): Promise<void>;
  /** Waits no longer. */
  giveUp(): void;
  /** Ends a project's run; what it kept stays. */
  end(projectId: string): void;
  /** The person has the result as a file. */
  saved(): void;
  dispose(): void;
}

export function createRuns(journey: Journey): Runs {
  let live = $state.raw<LiveRun | null>(null);
  let blocked = $state.raw<Blocked | null>(null);
  let savedRun = $state.raw<LiveRun | null>(null);
  let waiting: AbortController | null = null;

  const giveUp = (): void => {
    waiting?.abort();
    waiting = null;
    blocked = null;
  };

  const drop = (): Promise<void> => {
    const over = live?.dispose() ?? Promise.resolve();
    live = null;
    return over;
  };

  /** A run whose project was deleted, here or in another tab, has nothing to keep and no room to be seen in. */
  const stopListening = journey.store.subscribe(() => {
    const run = live;
    if (run)
      void journey.store.get(run.project.id).then(async (project) => {
        if (project === null && live === run) await drop();
      });
  });

  async function lockFor(wait: boolean) {
    if (!wait) return takeRunLock();
    waiting = new AbortController();
    blocked = { by: 'otherTab', waits: true };
    return waitForRunLock(waiting.signal).catch(() => null);
  }

  return {
    get live() {
      return live;
    },
    get blocked() {
      return blocked;
    },
    get isUnsaved() {
      return !journey.store.keeps && live !== null && live !== savedRun && live.job.scene !== null && live.job.trouble === null;
    },
    of: (projectId) => (live?.project.id === projectId ? live : null),
    async start(projectId, { wait = false } = {}) {
      giveUp();
      if (live?.isBusy && live.project.id !== projectId) {
        blocked = { by: 'thisTab', waits: false };
        return;
      }
      await drop();
      const lock = await lockFor(wait);
      const project = await journey.store.get(projectId);
      if (!lock || !project) {
        if (!lock && !wait) blocked = { by: 'otherTab', waits: false };
        return void lock?.release();
      }
      giveUp();
      live = createLiveRun(journey, project, lock);
    },
    giveUp,
    end(projectId) {
      if (live?.project.id === projectId) void drop();
    },
    saved: () => void (savedRun = live),
    dispose() {
      stopListening();
      giveUp();
      void drop();
    },
  };
}
