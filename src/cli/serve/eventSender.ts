/**
 * Event sender: the engine's events on their way to the cloud, and a sign of life when there are none.
 * Invariant: at most one request at a time and one a second; an event that was numbered keeps its number until the server has it. Of
 * progress that could not be sent yet only the newest of a row is kept, so a server that is away for hours costs no memory.
 */
import type { JobEvent } from '../../core/job/events.ts';
import type { EventsAnswer, TrainerEvent } from '../../core/job/trainerApi.ts';
import { type Answer, detailOf } from './answer.ts';

const betweenMs = 1000;
const heartbeatMs = 15_000;
const batchSize = 200;

export interface EventSender {
  push(event: JobEvent): void;
  /** Sends what is waiting and then keeps silent until resume(). */
  pause(): Promise<void>;
  resume(): void;
  /** Nothing is sent any more. */
  end(): void;
}

export interface EventSenderPorts {
  /** Settles only when the server has answered, or when there is no use in trying on. */
  send(events: TrainerEvent[]): Promise<Answer<EventsAnswer>>;
  /** The job is not wanted any more. */
  onCancel(): void;
  /** The attempt is not ours any more. */
  onLost(detail: string): void;
  note(line: string): void;
}

type Waiting = Omit<TrainerEvent, 'seq'>;

/** `lastSeq` and `leaseUntil` as the claim was answered. */
export function startEventSender(
  { send, onCancel, onLost, note }: EventSenderPorts,
  { lastSeq, leaseUntil }: { lastSeq: number; leaseUntil: number },
): EventSender {
  const queue: Waiting[] = [];
  let [seq, lastSentMs, state] = [lastSeq, Date.now(), 'open' as 'open' | 'paused' | 'ended'];
  let beatMs = beatOf(leaseUntil);
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | null = null;

  /** Often enough for a short lease. */
  function beatOf(until: number): number {
    return Math.max(betweenMs, Math.min(heartbeatMs, (until - Date.now()) / 3));
  }

  function take(answer: Answer<EventsAnswer>, batch: Waiting[]): void {
    if (answer.ok) {
      seq = Math.max(seq + batch.length, answer.value.lastSeq);
      beatMs = beatOf(answer.value.leaseUntil);
      if (answer.value.cancel && state !== 'ended') {
        state = 'ended';
        onCancel();
      }
    } else if (answer.no === 'refused') note(`The cloud did not take ${batch.length} events: ${answer.detail}`);
    else if (state !== 'ended') {
      state = 'ended';
      if (answer.no !== 'stopped') onLost(detailOf(answer));
    }
  }

  async function sendBatch(): Promise<void> {
    const batch = queue.splice(0, batchSize);
    lastSentMs = Date.now();
    take(await send(batch.map((event, i) => ({ seq: seq + 1 + i, ...event }))), batch);
  }

  function start(): Promise<void> {
    clearTimeout(timer);
    underWay ??= sendBatch().finally(() => {
      underWay = null;
      plan();
    });
    return underWay;
  }

  function plan(): void {
    clearTimeout(timer);
    if (state !== 'open' || underWay) return;
    const dueMs = lastSentMs + (queue.length > 0 ? betweenMs : beatMs);
    timer = setTimeout(() => void start(), Math.max(0, dueMs - Date.now()));
  }

  plan();
  return {
    push(event) {
      if (state === 'ended') return;
      const last = queue.at(-1)?.event;
      if (event.type === 'progress' && last?.type === 'progress' && last.stage === event.stage) queue.pop();
      queue.push({ t: Date.now(), event });
      plan();
    },
    async pause() {
      if (state === 'open') state = 'paused';
      clearTimeout(timer);
      await underWay;
      while (queue.length > 0 && state === 'paused') await start();
    },
    resume() {
      if (state === 'paused') state = 'open';
      plan();
    },
    end() {
      state = 'ended';
      clearTimeout(timer);
    },
  };
}
