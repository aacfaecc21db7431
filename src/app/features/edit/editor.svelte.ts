/**
 * The editor's state: the history, the worker behind it, what is selected and previewed, and the splats on the screen that follow.
 * Invariant: what is shown follows the history that was handed in last; nothing of the file or of the history is changed here but through
 * perform, undo and redo.
 */
import type { EditCounts, Gesture, OpenedEdit, Preview, ShownStates } from '../../../../workers/edit/messages.ts';
import type { Failure, Result } from '../../../core/job/failure.ts';
import { perform, redo, undo } from '../../../core/scene/edit/history.ts';
import type { EditHistory, EditOperation } from '../../../core/scene/edit/operations.ts';
import { type EditClient, createEdit } from '../../services/editClient.ts';
import { createLatest } from './latest.ts';
import { type StatePainter, createStatePainter } from './statePainter.ts';

export interface EditorParts {
  history(): EditHistory;
  onhistory(history: EditHistory): void;
  source(): Promise<Result<Blob>>;
  fileName(): string;
  /** Puts the splats on the screen, as they are painted by then. */
  show(opened: OpenedEdit): Promise<void>;
  refresh(first: number, count: number): void;
}

export type EditorPhase = 'closed' | 'opening' | 'open' | 'failed';

const none: EditCounts = { total: 0, kept: 0, selected: 0, previewed: 0 };

/** Operations that change which splats are seen; the others need no worker. */
export const touchesSplats = ({ kind }: EditOperation): boolean => ['crop-box', 'crop-sphere', 'delete', 'floaters'].includes(kind);

export class Editor {
  phase = $state<EditorPhase>('closed');
  failure = $state.raw<Failure | null>(null);
  counts = $state.raw<EditCounts>(none);
  /** The scene as it came, without any splat taken away. */
  showsOriginal = $state(false);
  /** The worker is at something that takes a while. */
  busy = $state(false);

  readonly #parts: EditorParts;
  #client: EditClient | null = null;
  #painter: StatePainter | null = null;
  #states: ShownStates | null = null;
  #opening: Promise<boolean> | null = null;
  #disposed = false;
  readonly #previews = createLatest<Preview | null>(async (preview) => this.#take(await this.#client?.ask('preview', preview)));

  constructor(parts: EditorParts) {
    this.#parts = parts;
  }

  get history(): EditHistory {
    return this.#parts.history();
  }

  /** Opens the worker once; true when there is something to edit. */
  open(): Promise<boolean> {
    this.#opening ??= this.#open().then((opened) => {
      // What failed may be tried again.
      if (!opened) this.#opening = null;
      return opened;
    });
    return this.#opening;
  }

  async #open(): Promise<boolean> {
    this.phase = 'opening';
    this.failure = null;
    const file = await this.#parts.source();
    if (!file.ok) return this.#fail(file.failure);
    if (this.#disposed) return false;
    const client = createEdit(file.value, this.#parts.fileName());
    this.#client = client;
    const opened = await client.opened;
    if (!opened.ok) return this.#fail(opened.failure);
    this.#painter = createStatePainter(opened.value.packed, { refresh: (first, count) => this.#parts.refresh(first, count) });
    this.#take(await client.follow(this.history.done));
    await this.#painter.settled();
    if (this.#disposed) return false;
    await this.#parts.show(opened.value);
    this.phase = 'open';
    return true;
  }

  #fail(failure: Failure): false {
    this.#client?.dispose();
    this.#client = null;
    if (failure.code !== 'cancelled') this.failure = failure;
    this.phase = 'failed';
    return false;
  }

  #take(answer: ShownStates | null | undefined): void {
    if (!answer) return;
    this.#states = answer;
    const { total, kept, selected, previewed } = answer;
    this.counts = { total, kept, selected, previewed };
    this.#paint();
  }

  #paint(): void {
    this.#painter?.show(this.showsOriginal ? null : (this.#states?.states ?? null));
  }

  #change(next: EditHistory): void {
    if (next === this.history) return;
    this.#parts.onhistory(next);
    void this.#follow(next);
  }

  async #follow(next: EditHistory): Promise<void> {
    if (!this.#client) return;
    this.#take(await this.#client.follow(next.done));
  }

  /** `merge`: a step of the same drag as the operation before. */
  perform(operation: EditOperation, merge = false): void {
    this.#change(perform(this.history, operation, { merge }));
  }

  undo(): void {
    this.#change(undo(this.history));
  }

  redo(): void {
    this.#change(redo(this.history));
  }

  async gesture(gesture: Gesture): Promise<void> {
    this.#take(await this.#client?.ask('gesture', gesture));
  }

  /** What would go is marked until null is asked for. */
  preview(preview: Preview | null): void {
    this.#previews.ask(preview);
  }

  async deleteSelected(): Promise<number> {
    const taken = await this.#client?.ask('take', null);
    if (!taken || taken.count === 0) return 0;
    this.perform({ kind: 'delete', splats: taken.splats, count: taken.count });
    return taken.count;
  }

  /** A level box around what is left. */
  async extent(axes: [number, number, number, number]) {
    return (await this.#client?.ask('extent', { axes })) ?? null;
  }

  async ground(current: [number, number, number, number]) {
    this.busy = true;
    const found = await this.#client?.ask('ground', { current });
    this.busy = false;
    return found ?? null;
  }

  original(shown: boolean): void {
    this.showsOriginal = shown;
    this.#paint();
  }

  /** Takes everything off the screen that is only the editor's, for pictures of the scene. */
  async rest(): Promise<void> {
    this.original(false);
    if (!this.#client) return;
    this.preview(null);
    await this.#previews.idle();
    await this.gesture({ kind: 'none' });
    await this.#painter?.settled();
  }

  dispose(): void {
    this.#disposed = true;
    this.#client?.dispose();
    this.#painter?.dispose();
  }
}
