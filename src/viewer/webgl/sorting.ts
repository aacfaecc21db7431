/**
 * Sorting: asks the sorter for orders and probes and matches its replies. The live order, for the pictures on the screen, is asked for when
 * the one in use is stale; an exact order is for one picture only.
 * Invariant: at most one live order is under way, and the newest camera wins; a reply about an earlier scene is never given out.
 */
import type { ViewPlane } from '../../core/view/depthOrder.ts';
import type { ProbeAnswer, ProbePoint, ViewFrame } from '../../core/view/splatRenderer.ts';
import type { SorterReply } from '../../core/view/splatSorter.ts';
import { type OrderedFor, isStale, planeFor } from './orderPolicy.ts';
import { createSorterClient } from './sorterClient.ts';

export type OrderReply = Extract<SorterReply, { type: 'order' }>;
type Axis = readonly [number, number, number];

export interface Sorting {
  open(antialiased: boolean, capacity: number): void;
  /** Copies the rows. */
  append(geometry: Uint32Array): void;
  hide(indices: Uint32Array): void;
  /** Copies the rows. */
  rewrite(first: number, geometry: Uint32Array): void;
  /** Asks for a live order when the camera plane needs one. */
  want(axis: Axis, offset: number): void;
  /** An order by whole depths of what lies beyond `plane.nearest`; null when the scene was left or the sorter is gone. */
  exactOrder(plane: ViewPlane): Promise<OrderReply | null>;
  /** Null when the sorter is gone. */
  probe(frame: ViewFrame, points: ProbePoint[]): Promise<ProbeAnswer[] | null>;
  /** Orders that were made. */
  readonly sorts: number;
  readonly place: 'starting' | 'worker' | 'page';
  dispose(): void;
}

export interface SortingHooks {
  onLiveOrder(reply: OrderReply): void;
  onCrash(reason: string): void;
}

export function createSorting({ onLiveOrder, onCrash }: SortingHooks): Sorting {
  const waiting = new Map<number, (reply: SorterReply | null) => void>();
  let lastId = 0;
  let scene = 0;
  let edition = 0;
  let sorts = 0;
  let medianDepth = 0;
  let inUse: OrderedFor | null = null;
  let underWay = false;
  let next: { axis: Axis; offset: number } | null = null;
  let spare: Uint32Array<ArrayBuffer> | null = null;
  let ended = false;

  const endAll = (): void => {
    ended = true;
    client.dispose();
    for (const answer of [...waiting.values()]) answer(null);
    waiting.clear();
  };
  const client = createSorterClient({
    onReply(reply) {
      const answer = waiting.get(reply.id);
      waiting.delete(reply.id);
      answer?.(reply);
    },
    onCrash(reason) {
      endAll();
      onCrash(reason);
    },
  });

  const askLive = (axis: Axis, offset: number): void => {
    const { margin, ...plane } = planeFor(axis, offset, medianDepth);
    const askedFor: OrderedFor = { axis, offset, margin, edition };
    const askedScene = scene;
    underWay = true;
    const id = ++lastId;
    waiting.set(id, (reply) => {
      underWay = false;
      if (reply?.type !== 'order') return;
      spare = reply.order;
      if (askedScene === scene) {
        sorts++;
        inUse = askedFor;
        medianDepth = reply.medianDepth;
        onLiveOrder(reply);
      }
      const newest = next;
      next = null;
      if (newest) want(newest.axis, newest.offset);
    });
    client.send({ type: 'order', id, plane, exact: false, spare });
    spare = null;
  };

  const want = (axis: Axis, offset: number): void => {
    if (ended) return;
    if (underWay) next = { axis, offset };
    else if (isStale(inUse, axis, offset, edition)) askLive(axis, offset);
  };

  return {
    open(antialiased, capacity) {
      scene++;
      [edition, medianDepth, inUse, next] = [0, 0, null, null];
      client.send({ type: 'open', antialiased, capacity });
    },
    append(geometry) {
      edition++;
      client.send({ type: 'append', geometry: geometry.slice() });
    },
    hide(indices) {
      edition++;
      client.send({ type: 'hide', indices: indices.slice() });
    },
    rewrite(first, geometry) {
      edition++;
      client.send({ type: 'rewrite', first, geometry: geometry.slice() });
    },
    want,
    exactOrder(plane) {
      if (ended) return Promise.resolve(null);
      const [id, askedScene] = [++lastId, scene];
      return new Promise((resolve) => {
        waiting.set(id, (reply) => {
          if (reply) sorts++;
          resolve(reply?.type === 'order' && askedScene === scene ? reply : null);
        });
        client.send({ type: 'order', id, plane, exact: true, spare: null });
      });
    },
    probe(frame, points) {
      if (ended) return Promise.resolve(null);
      const id = ++lastId;
      return new Promise((resolve) => {
        waiting.set(id, (reply) => resolve(reply?.type === 'probe' ? reply.answers : null));
        client.send({ type: 'probe', id, frame, points });
      });
    },
    get sorts() {
      return sorts;
    },
    get place() {
      return client.place;
    },
    dispose: endAll,
  };
}
