/**
 * The cloud in the journey: where its orders lie, which photos go, and what becomes of the model that comes back.
 * Invariant: a model that came is in the project's folder before its record names it; the same one twice changes nothing.
 */
import { type CloudService, createCloudService } from '../services/cloud/cloudService.ts';
import { isFinal } from '../services/cloud/outboxEntry.ts';
import { databaseOutbox, memoryOutbox } from '../services/cloud/outboxStore.ts';
import { createIntake } from '../services/intakeClient.ts';
import { openDatabase } from '../services/store/database.ts';
import type { ProjectStore } from '../services/store/projectStore.ts';
import type { Journey } from './journey.svelte.ts';
import { holdInMemory, runFiles } from './projectBytes.ts';

export { followNotices } from './cloudNotice.ts';

/** Takes a model that came from the cloud into a project. Rejects when it cannot be read or stored. */
export async function takeModel(store: ProjectStore, projectId: string, model: Blob, fileName: string): Promise<void> {
  const intake = createIntake();
  try {
    const file = new File([model], fileName);
    const taken = await intake.take(projectId, [{ path: fileName, file }], [], {
      progress: () => undefined,
      photo: () => undefined,
      unkept: ({ name, bytes }) => holdInMemory(projectId, name, bytes),
    });
    if (!taken.ok) throw new Error(taken.failure.detail);
    const { splatFile } = taken.value;
    await store.update(projectId, () => ({ splatFile, state: 'trained', poster: null }));
  } finally {
    intake.dispose();
  }
}

export function createJourneyCloud(journey: Journey): CloudService {
  const { store } = journey;

  const cloud = createCloudService({
    store: store.keeps ? databaseOutbox(openDatabase) : memoryOutbox(),
    async photosOf(projectId) {
      const project = await store.get(projectId);
      return project ? runFiles(project) : [];
    },
    onresult: (projectId, model, fileName) => takeModel(store, projectId, model, fileName),
  });

  /** An order outlives its project no longer than the cloud needs to delete what it has. */
  async function forgetGone(): Promise<void> {
    for (const entry of await cloud.entries()) {
      if (await store.get(entry.projectId)) continue;
      await (isFinal(entry) ? cloud.remove(entry.id) : cloud.cancel(entry.id));
    }
  }
  const stopListening = store.subscribe(() => void forgetGone().catch(() => undefined));

  return {
    ...cloud,
    dispose() {
      stopListening();
      cloud.dispose();
    },
  };
}
