/**
 * Splat sorter: keeps the packed rows of a scene on the CPU, puts them into depth order and looks along rays. The WebGL2 renderer has one
 * in a worker, or beside itself where no worker can be made; these are the messages either way.
 * Invariant: commands are carried out in the order they came, and every 'order' and 'probe' gets exactly one reply.
 */
import { type ViewPlane, createDepthOrder } from './depthOrder.ts';
import { geometryWords } from './packedSplats.ts';
import { probeSplats } from './probe.ref.ts';
import type { ProbeAnswer, ProbePoint, ViewFrame } from './splatRenderer.ts';

export type SorterCommand =
  /** Forgets all splats. */
  | { type: 'open'; antialiased: boolean; capacity: number }
  /** [n, geometryWords], added at the end. */
  | { type: 'append'; geometry: Uint32Array<ArrayBuffer> }
  | { type: 'hide'; indices: Uint32Array<ArrayBuffer> }
  /** Other rows in the place of those from `first` on. */
  | { type: 'rewrite'; first: number; geometry: Uint32Array<ArrayBuffer> }
  /** `spare`: an array that may hold the answer when it is large enough. */
  | { type: 'order'; id: number; plane: ViewPlane; exact: boolean; spare: Uint32Array<ArrayBuffer> | null }
  | { type: 'probe'; id: number; frame: ViewFrame; points: ProbePoint[] };

export type SorterReply =
  /** The first `count` entries of `order` are splats, back to front. The length is a multiple of orderRow. */
  | { type: 'order'; id: number; order: Uint32Array<ArrayBuffer>; count: number; medianDepth: number }
  | { type: 'probe'; id: number; answers: ProbeAnswer[] };

/** Orders come in whole rows of this length: they are uploaded to a texture. */
export const orderRow = 4096;

const opacityMask = 0xffff;

export interface SplatSorter {
  run(command: SorterCommand): SorterReply | null;
}

export function createSplatSorter(): SplatSorter {
  const depthOrder = createDepthOrder();
  let rows = new Uint32Array(0);
  let count = 0;
  let antialiased = false;

  const makeRoom = (splats: number): void => {
    if (splats * geometryWords <= rows.length) return;
    const larger = new Uint32Array(Math.max(splats, Math.ceil(1.5 * (rows.length / geometryWords))) * geometryWords);
    larger.set(rows.subarray(0, count * geometryWords));
    rows = larger;
  };

  const append = (geometry: Uint32Array): void => {
    const added = geometry.length / geometryWords;
    makeRoom(count + added);
    rows.set(geometry, count * geometryWords);
    count += added;
  };

  const hide = (indices: Uint32Array): void => {
    for (const index of indices) if (index < count) rows[index * geometryWords + 4] &= opacityMask;
  };

  const rewrite = (first: number, geometry: Uint32Array): void => {
    const splats = Math.min(geometry.length / geometryWords, count - first);
    if (splats > 0) rows.set(geometry.subarray(0, splats * geometryWords), first * geometryWords);
  };

  const order = (id: number, plane: ViewPlane, exact: boolean, spare: Uint32Array<ArrayBuffer> | null): SorterReply => {
    const room = Math.ceil(count / orderRow) * orderRow;
    const out = spare && spare.length >= room ? spare : new Uint32Array(room);
    return { type: 'order', id, order: out, ...depthOrder.order(rows, count, plane, exact, out) };
  };

  return {
    run(command) {
      switch (command.type) {
        case 'open':
          [rows, count, antialiased] = [new Uint32Array(command.capacity * geometryWords), 0, command.antialiased];
          return null;
        case 'append':
          append(command.geometry);
          return null;
        case 'hide':
          hide(command.indices);
          return null;
        case 'rewrite':
          rewrite(command.first, command.geometry);
          return null;
        case 'order':
          return order(command.id, command.plane, command.exact, command.spare);
        case 'probe': {
          const { id, frame, points } = command;
          const seen = rows.subarray(0, count * geometryWords);
          return { type: 'probe', id, answers: probeSplats(seen, { antialiased }, frame, points) };
        }
      }
    },
  };
}
