/**
 * A run in the cloud as a stream of events, the same as a local run gives.
 * Invariant: sending the photos is the stage `read`; from then on the events are the server's own, in their order.
 */
import type { CloudRunner, RunnerHooks } from '../../../core/job/runner.ts';
import { type Result, fail, ok } from '../../../core/job/failure.ts';
import type { CloudService } from './cloudService.ts';
import type { OutboxEntry } from './outboxEntry.ts';

/** What the runner needs beside the service: the model as it was stored, by project. */
export interface CloudRunnerOptions {
  cloud: CloudService;
  modelOf(projectId: string): Promise<{ blob: Blob; fileName: string } | null>;
}

/** Tells of the upload: each photo once, the stage before the first. */
function uploadTeller({ event }: RunnerHooks<Blob>): (entry: OutboxEntry) => void {
  let told = -1;
  return ({ state, data: { photos } }) => {
    if (photos.length === 0 || (state !== 'uploading' && state !== 'starting')) return;
    const done = photos.filter(({ sent }) => sent).length;
    if (told < 0) event({ type: 'stage-started', stage: 'read' });
    if (done > told) event({ type: 'progress', stage: 'read', done, total: photos.length, unit: 'photos', secondsLeft: null });
    told = Math.max(told, done);
  };
}

export function createCloudRunner({ cloud, modelOf }: CloudRunnerOptions): CloudRunner<Blob> {
  return {
    start(order, hooks) {
      let id: string | null = null;
      let wantsCancel = false;
      let settled = false;
      let settle: (result: Result<{ blob: Blob; fileName: string }>) => void = () => undefined;
      const tellUpload = uploadTeller(hooks);

      const stopEvents = cloud.onEvents((entry, events) => {
        if (entry.id !== id) return;
        for (const event of events) {
          // The end of the stream is told when the model is here, not when the server has it.
          if (event.type !== 'finished' && event.type !== 'failed') hooks.event(event);
          if (event.type === 'preview-ready' && hooks.preview && entry.data.jobId !== null)
            void cloud.preview(entry.data.jobId).then((splats) => splats && id && hooks.preview?.(splats));
        }
      });
      const stopChanges = cloud.subscribe(() => void look());
      const result = new Promise<Result<{ blob: Blob; fileName: string }>>((resolve) => {
        settle = (value) => {
          if (settled) return;
          settled = true;
          id = null;
          stopEvents();
          stopChanges();
          if (value.ok) hooks.event({ type: 'finished' });
          else hooks.event({ type: 'failed', failure: value.failure });
          resolve(value);
        };
      });

      async function look(): Promise<void> {
        const entry = (await cloud.entries(order.projectId)).find((each) => each.id === id);
        if (settled || id === null) return;
        if (!entry || entry.state === 'cancelled') return settle(fail('cancelled', 'The order to the cloud was cancelled.'));
        tellUpload(entry);
        if (entry.state === 'failed') settle({ ok: false, failure: entry.data.failure ?? { code: 'cloud-failed', detail: '' } });
        if (entry.state !== 'done') return;
        const model = await modelOf(order.projectId);
        settle(model ? ok(model) : fail('cloud-failed', 'The model arrived and could not be stored.'));
      }

      cloud.enqueue(order).then(
        (entry) => {
          id = settled ? null : entry.id;
          if (wantsCancel) void cloud.cancel(entry.id);
          else void look();
        },
        (error: unknown) => settle(fail('storage-full', error instanceof Error ? error.message : String(error))),
      );
      return {
        result,
        cancel() {
          wantsCancel = true;
          if (id !== null) void cloud.cancel(id);
        },
        leave: () => settle(fail('cancelled', 'Nobody listens any more; the order stays in the outbox.')),
      };
    },
  };
}
