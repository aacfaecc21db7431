/** A page that listens to a job. Invariant: it keeps everything that it is sent, in order. */
import type { NumberedEvent } from '../../cloud/store/jobRoom.ts';
import { expect } from 'vitest';

export interface Listener {
  socket: WebSocket;
  events: NumberedEvent[];
  /** Waits for so many events in all. */
  until(number: number): Promise<void>;
  untilText(text: string): Promise<void>;
  /** The code that it was closed with. */
  closed: Promise<number>;
}

/** @param answer of the upgrade */
export function listen(answer: Response): Listener {
  const socket = answer.webSocket;
  if (answer.status !== 101 || !socket) throw new Error(`No socket, but ${answer.status}.`);
  const events: NumberedEvent[] = [];
  const texts: string[] = [];
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  socket.addEventListener('message', ({ data }) => {
    const text = String(data);
    if (text.startsWith('{')) events.push(JSON.parse(text) as NumberedEvent);
    else texts.push(text);
  });
  socket.accept();
  return {
    socket,
    events,
    until: (number) => expect.poll(() => events.length).toBeGreaterThanOrEqual(number),
    untilText: (text) => expect.poll(() => texts).toContain(text),
    closed,
  };
}
