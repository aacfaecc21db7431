/**
 * The live side of one job: its latest events, whoever watches them, and the alarm that looks after it.
 * Invariant: the events of all attempts are numbered in the order in which they came in, and no number is used twice; whoever comes back
 * and says the last number it has seen gets each later event once.
 */
import { DurableObject } from 'cloudflare:workers';
import type { JobEvent } from '../../src/core/job/events.ts';
import { createCloud } from '../cloud.ts';
import type { Env } from '../env.ts';
import { watchJob } from '../jobs/watch.ts';
import { migrated } from './migrate.ts';

export interface NumberedEvent {
  seq: number;
  event: JobEvent;
}

export interface RoomState {
  lastSeq: number;
  /** Of the last `preview-ready`, which may be gone from the list; null for none. */
  previewSeq: number | null;
  isOver: boolean;
}

/** How many are kept. */
export const keptEvents = 500;
/** Sockets of one job. A person has a few pages open, not a crowd. */
export const maxSockets = 20;
const over = { code: 1000, reason: 'over' };
const retryMs = 30_000;

const isLast = ({ type }: JobEvent): boolean => type === 'finished' || type === 'failed';
const isSameProgress = (a: JobEvent | null, b: JobEvent): boolean => a?.type === 'progress' && b.type === 'progress' && a.stage === b.stage;

export class JobRoom extends DurableObject<Env> {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** The tables, made where close() or nobody yet has left none. */
  get #sql(): SqlStorage {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)');
    sql.exec('CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID');
    return sql;
  }

  /**
   * Numbers the events, keeps them and tells everybody who watches. Progress takes the place of progress of the same stage that is right
   * before it. After the last event of a job the sockets are closed, and a repeated last event is not taken.
   */
  publish(events: JobEvent[]): Promise<RoomState> {
    const numbered = this.ctx.storage.transactionSync(() => events.flatMap((event) => this.#add(event) ?? []));
    const texts = numbered.map((one) => JSON.stringify(one));
    const isOver = this.#state().isOver;
    for (const socket of this.ctx.getWebSockets()) send(socket, texts, isOver);
    return this.state();
  }

  #add(event: JobEvent): NumberedEvent | null {
    const sql = this.#sql;
    const last = sql.exec<{ seq: number; body: string }>('SELECT seq, body FROM events ORDER BY seq DESC LIMIT 1').toArray().at(0);
    const before = last ? (JSON.parse(last.body) as JobEvent) : null;
    if (before && isLast(before)) return null;
    if (last && isSameProgress(before, event)) sql.exec('DELETE FROM events WHERE seq = ?', last.seq);
    const { seq } = sql.exec<{ seq: number }>('INSERT INTO events (body) VALUES (?) RETURNING seq', JSON.stringify(event)).one();
    sql.exec('DELETE FROM events WHERE seq <= ?', seq - keptEvents);
    if (event.type === 'preview-ready') sql.exec("INSERT OR REPLACE INTO marks VALUES ('preview', ?)", seq);
    return { seq, event };
  }

  #state(): RoomState {
    const sql = this.#sql;
    const last = sql.exec<{ seq: number; body: string }>('SELECT seq, body FROM events ORDER BY seq DESC LIMIT 1').toArray().at(0);
    const preview = sql.exec<{ value: number }>("SELECT value FROM marks WHERE name = 'preview'").toArray().at(0);
    const isOver = last !== undefined && isLast(JSON.parse(last.body) as JobEvent);
    return { lastSeq: last?.seq ?? 0, previewSeq: preview?.value ?? null, isOver };
  }

  state(): Promise<RoomState> {
    return Promise.resolve(this.#state());
  }

  #eventsSince(seq: number): NumberedEvent[] {
    return this.#sql
      .exec<{ seq: number; body: string }>('SELECT seq, body FROM events WHERE seq > ? ORDER BY seq', seq)
      .toArray()
      .map(({ seq: number, body }) => ({ seq: number, event: JSON.parse(body) as JobEvent }));
  }

  /** Events after this number, of those that are kept, and where the room is. */
  since(seq: number): Promise<RoomState & { events: NumberedEvent[] }> {
    return Promise.resolve({ ...this.#state(), events: this.#eventsSince(seq) });
  }

  /** Has the job looked after at this moment, or sooner where that was arranged before. @param atMs milliseconds since 1970 */
  async watch(atMs: number): Promise<void> {
    const arranged = await this.ctx.storage.getAlarm();
    if (arranged === null || atMs < arranged) await this.ctx.storage.setAlarm(atMs);
  }

  /** Forgets everything; for a job that is deleted. */
  async close(): Promise<void> {
    for (const socket of this.ctx.getWebSockets()) socket.close(over.code, over.reason);
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** A WebSocket with `?since=` of the last number that was seen. The caller has seen to it that this person may. */
  override async fetch(request: Request): Promise<Response> {
    if (this.ctx.getWebSockets().length >= maxSockets) return new Response(null, { status: 429 });
    const since = Number(new URL(request.url).searchParams.get('since') ?? 0);
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(server);
    // Nothing can come between these and the next event: there is no await.
    const missed = this.#eventsSince(since).map((one) => JSON.stringify(one));
    send(server, missed, this.#state().isOver);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Nothing is taken from a watcher: what can be done to a job has its routes. `ping` is answered without waking the room. */
  override webSocketMessage(socket: WebSocket): void {
    socket.close(1008, 'listen only');
  }

  /** The other end is gone or broken; the runtime has done what there was to do. */
  override webSocketClose(): void {}
  override webSocketError(): void {}

  override async alarm(): Promise<void> {
    const jobId = this.ctx.id.name;
    if (jobId === undefined) return;
    const cloud = createCloud(this.env, this.ctx);
    let next: number | null = cloud.now() + retryMs;
    try {
      await migrated(this.env.DB);
      next = await watchJob(cloud, jobId);
    } catch (error) {
      cloud.log.error('watch-failed', { jobId, error: String(error) });
    } finally {
      if (next !== null) await this.watch(next);
    }
  }
}

function send(socket: WebSocket, texts: readonly string[], isOver: boolean): void {
  try {
    for (const text of texts) socket.send(text);
    if (isOver) socket.close(over.code, over.reason);
  } catch {
    // It broke off just now; whoever it was comes back and says what it has seen.
  }
}
