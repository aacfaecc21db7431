/**
 * The cloud as the page uses it: orders go into the outbox, and the outbox is worked through whenever it can be.
 * Invariant: an order is in the store before enqueue() resolves; after that no reload, no lost network and no closed tab loses it.
 */
import type { PickedFile } from '../../../../workers/protocol.ts';
import type { CloudEstimate, CloudHealth, EstimateRequest } from '../../../core/job/cloudApi.ts';
import type { NewShare, Share, ShareRequest } from '../../../core/job/cloudShares.ts';
import type { JobEvent } from '../../../core/job/events.ts';
import type { CloudOrder } from '../../../core/job/runner.ts';
import type { CloudAnswer } from './cloudCalls.ts';
import { createCloudClient } from './cloudClient.ts';
import { type OutboxEntry, newEntry } from './outboxEntry.ts';
import { type LoopOptions, startOutboxLoop, withWebLock } from './outboxLoop.ts';
import { afterEvent } from './outboxMachine.ts';
import type { OutboxStore } from './outboxStore.ts';
import { createLiveNews } from './liveNews.ts';
import { preparePhoto } from './preparePhoto.ts';
import { subscribeToPush } from './pushSubscription.ts';
import { askForSync, listenForWakeUps } from './wakeUps.ts';

export interface CloudService {
  /** A cloud answers at the base address. */
  available(): Promise<boolean>;
  /** What it says of itself; null when none answers. */
  health(): Promise<CloudHealth | null>;
  estimate(question: EstimateRequest): Promise<CloudEstimate | null>;
  /** Puts an order into the outbox. Rejects when it cannot be stored. */
  enqueue(order: CloudOrder): Promise<OutboxEntry>;
  /** Oldest first; of one project or of all. */
  entries(projectId?: string): Promise<OutboxEntry[]>;
  /** Something in the outbox changed, in this tab or another. Gives back how to stop listening. */
  subscribe(listener: () => void): () => void;
  /** The job's events as they come in; only the tab that works the outbox hears them. */
  onEvents(listener: (entry: OutboxEntry, events: JobEvent[]) => void): () => void;
  preview(jobId: string): Promise<Blob | null>;
  /** The links by which others see the model of a project in the cloud. */
  shares(cloudProjectId: string): Promise<CloudAnswer<Share[]>>;
  share(cloudProjectId: string, request: ShareRequest): Promise<CloudAnswer<NewShare>>;
  revoke(shareId: string): Promise<CloudAnswer<null>>;
  /** Asks the cloud to tell this browser when a job has ended, also when no page is open. False: it cannot. */
  tellMe(locale: string): Promise<boolean>;
  /** Deletes what the cloud has of a finished order, then forgets it here. The model on this device stays. */
  deleteThere(entry: OutboxEntry): Promise<CloudAnswer<null>>;
  cancel(id: string): Promise<void>;
  /** A new order like a failed or cancelled one, in its place. What the server has still is not sent again. */
  retry(id: string): Promise<OutboxEntry | null>;
  /** Forgets an entry here. One of which the server still has to delete something is cancelled and stays until it has. */
  remove(id: string): Promise<void>;
  dispose(): void;
}

export interface CloudServiceOptions {
  store: OutboxStore;
  /** The photos of a project that the person keeps, in their kept bytes. */
  photosOf(projectId: string): Promise<PickedFile[]>;
  /** Stores the finished model in its project. May be called twice with the same one. */
  onresult(projectId: string, blob: Blob, fileName: string): Promise<void>;
  /** Of the server with the API; the page's own by default. */
  origin?: string;
  fetch?: typeof fetch;
  prepare?: typeof preparePhoto;
  now?: () => number;
  random?: () => number;
  pollMs?: number;
  /** Opens the live connection. */
  connect?: (url: string) => WebSocket;
  withLock?: LoopOptions['withLock'];
}

const channelName = 'splat-app-outbox';

export function createCloudService(options: CloudServiceOptions): CloudService {
  const { store, now = Date.now, origin = '' } = options;
  const client = createCloudClient({ origin, now, ...(options.fetch && { fetch: options.fetch }) });
  const channel = new BroadcastChannel(channelName);
  const listeners = new Set<() => void>();
  const eventListeners = new Set<(entry: OutboxEntry, events: JobEvent[]) => void>();

  /** The oldest job under way is the one to be heard of; the others are asked after as before. */
  const live = createLiveNews({
    origin,
    onnews: () => void wake().catch(() => undefined),
    ...(options.connect && { connect: options.connect }),
  });
  async function listen(): Promise<void> {
    const running = (await store.all()).filter(({ state, data }) => state === 'running' && data.jobId !== null);
    live.follow(running.sort((a, b) => a.createdMs - b.createdMs).at(0)?.data.jobId ?? null);
  }

  const tell = (): void => {
    listeners.forEach((listener) => listener());
    void listen().catch(() => undefined);
  };
  const tellAll = (id: string): void => {
    channel.postMessage(id);
    tell();
  };

  const loop = startOutboxLoop({
    withLock: options.withLock ?? withWebLock,
    tools: {
      client,
      store,
      now,
      photosOf: options.photosOf,
      onresult: options.onresult,
      prepare: options.prepare ?? preparePhoto,
      random: options.random ?? Math.random,
      pollMs: options.pollMs ?? 4_000,
      onevents: (entry, events) => eventListeners.forEach((listener) => listener(entry, events)),
      onchange: (entry) => tellAll(entry.id),
    },
  });

  channel.onmessage = ({ data: id }: MessageEvent<string>) => {
    tell();
    void store.get(id).then((entry) => loop.check(entry, id));
    loop.nudge();
  };

  async function wake(): Promise<void> {
    for (const { id } of await store.all()) await store.change(id, (entry) => afterEvent(entry, { type: 'wake' }, now()));
    loop.nudge();
  }
  const stopListening = listenForWakeUps(() => void wake().catch(() => undefined));
  void wake().catch(() => undefined);

  async function put(order: CloudOrder): Promise<OutboxEntry> {
    const entry = newEntry(crypto.randomUUID(), order, now());
    await store.put(entry);
    tellAll(entry.id);
    loop.nudge();
    askForSync();
    return entry;
  }

  async function cancel(id: string): Promise<OutboxEntry | null> {
    const entry = await store.change(id, (before) => afterEvent(before, { type: 'cancel' }, now()));
    loop.check(entry, id);
    tellAll(id);
    loop.nudge();
    return entry;
  }

  async function forget(id: string): Promise<void> {
    await store.remove(id);
    loop.check(null, id);
    tellAll(id);
  }

  return {
    available: async () => (await client.health()).ok,
    health: async () => client.health().then((answer) => (answer.ok ? answer.value : null)),
    estimate: async (question) => client.estimate(question).then((answer) => (answer.ok ? answer.value : null)),
    preview: async (jobId) => client.preview(jobId).then((answer) => (answer.ok ? answer.value : null)),
    shares: (cloudProjectId) => client.shares(cloudProjectId),
    share: (cloudProjectId, request) => client.share(cloudProjectId, request),
    tellMe: (locale) => subscribeToPush(client, locale),
    revoke: (shareId) => client.revoke(shareId),
    async deleteThere({ id, data }) {
      const answer = data.jobId === null ? ({ ok: true, value: null } as const) : await client.removeJob(data.jobId);
      if (answer.ok) await forget(id);
      return answer;
    },
    enqueue: put,
    async entries(projectId) {
      const all = (await store.all()).filter((entry) => projectId === undefined || entry.projectId === projectId);
      return all.sort((a, b) => a.createdMs - b.createdMs);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onEvents(listener) {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
    cancel: async (id) => void (await cancel(id)),
    async retry(id) {
      const entry = await store.get(id);
      if (entry?.state !== 'failed' && entry?.state !== 'cancelled') return null;
      const next = await put({ projectId: entry.projectId, ...entry.data.order });
      // One that still has to be deleted on the server stays until it is.
      if (!entry.data.owesDelete) await forget(id);
      return next;
    },
    async remove(id) {
      const entry = await cancel(id);
      if (!entry?.data.owesDelete) await forget(id);
    },
    dispose() {
      stopListening();
      live.follow(null);
      loop.dispose();
      channel.close();
      listeners.clear();
      eventListeners.clear();
    },
  };
}
