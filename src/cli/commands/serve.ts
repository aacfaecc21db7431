/**
 * splat serve: asks the cloud for jobs and computes them, one after another.
 * Invariant: this process never opens a GPU; the engine runs in a process of its own, and only while there is a job.
 */
import { randomUUID } from 'node:crypto';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import type { PullAnswer } from '../../core/job/trainerApi.ts';
import { type Answer, type No, detailOf } from '../serve/answer.ts';
import { createConnectionNotes } from '../serve/connectionNotes.ts';
import { type Line, pull } from '../serve/protocolClient.ts';
import type { ServeCommand } from '../serve/serveArgs.ts';
import type { End } from '../serve/stopping.ts';
import { backoffMs, wait } from '../serve/waiting.ts';
import { type Workplace, work } from '../serve/work.ts';
import { makeWorkFolder, readToken, removeStale } from '../serve/workFolder.ts';
import type { Ending, World } from '../world.ts';

const waitSeconds = 20;
/** Between two questions at least, for a server that does not hold them open. */
const betweenMs = 2000;
/** After a job that came to nothing, so that the same trouble does not come round at once. */
const afterTroubleMs = 5000;

interface Worker extends Workplace {
  command: ServeCommand;
  token: string;
}

const endWords: Record<End['kind'], string> = {
  completed: 'done',
  cancelled: 'cancelled',
  lost: 'left',
  interrupted: 'interrupted; it goes on at the next start',
  failed: 'failed',
};

function tellEnd(jobId: string, end: End, seconds: number, note: (line: string) => void): void {
  const why = end.kind === 'failed' ? `: ${end.failure.detail}` : end.kind === 'lost' ? `: ${end.detail}` : '';
  note(`${jobId}: ${endWords[end.kind]} after ${Math.round(seconds)} s${why}`);
}

async function doJob(worker: Worker, pulled: PullAnswer): Promise<End> {
  const { jobId, attempt, preset } = pulled.spec;
  worker.note(`${jobId}: preset ${preset}, attempt ${attempt}.`);
  const startMs = performance.now();
  const end = await work(pulled, worker);
  tellEnd(jobId, end, (performance.now() - startMs) / 1000, worker.note);
  return end;
}

/** One question for work. */
async function ask({ command, token, line, holder, signal }: Worker): Promise<Answer<PullAnswer | null>> {
  const { workerId, gpuClass } = command;
  return pull(line, token, { workerId, instance: holder, gpuClass, waitSeconds }, signal);
}

const isWrongToken = (answer: Answer<unknown>): boolean =>
  !answer.ok && answer.no === 'lost' && (answer.status === 401 || answer.status === 403);

/** Nobody there, or somebody else: said once, and then patience. */
async function bePatient({ line, signal }: Worker, no: No, failures: number): Promise<void> {
  line.notes.failed(detailOf(no));
  await wait(backoffMs(failures, line.random(), no.no === 'again' ? no.wishMs : null), signal);
}

async function loop(worker: Worker): Promise<Result<Ending>> {
  const { command, line, signal } = worker;
  let [idleSinceMs, failures] = [Date.now(), 0];
  while (!signal.aborted) {
    const askedMs = Date.now();
    const answer = await ask(worker);
    if (signal.aborted) break;
    if (isWrongToken(answer)) return fail('cloud-refused', `${command.api} does not take the worker token in ${command.tokenFile}.`);
    failures = answer.ok ? 0 : failures + 1;
    if (answer.ok) line.notes.worked();
    else await bePatient(worker, answer, failures);
    if (answer.ok && answer.value) {
      const end = await doJob(worker, answer.value);
      if (command.once) return end.kind === 'failed' ? { ok: false, failure: end.failure } : ok(signal.aborted ? 'interrupted' : 'done');
      idleSinceMs = Date.now();
      if (end.kind === 'lost' || end.kind === 'failed') await wait(afterTroubleMs, signal);
    } else {
      if (command.idleExitSeconds !== null && Date.now() - idleSinceMs >= 1000 * command.idleExitSeconds) return ok('done');
      await removeStale(command.work, Date.now());
      await wait(askedMs + betweenMs - Date.now(), signal);
    }
  }
  return ok('interrupted');
}

/** Runs the command. Fails with `bad-file` without a token, and with `cloud-refused` when the cloud does not take it. */
export async function serve(command: ServeCommand, { reporter, interrupts }: World): Promise<Result<Ending>> {
  const token = await readToken(command.tokenFile);
  if (!token.ok) return token;
  const folder = await makeWorkFolder(command.work);
  if (!folder.ok) return folder;
  const abort = new AbortController();
  interrupts.onRequest(() => {
    reporter.note('Leaving as soon as what is under way is kept; Ctrl-C again leaves at once.');
    abort.abort();
  });
  const note = (line: string): void => reporter.note(line);
  const line: Line = { origin: command.api, fetch, notes: createConnectionNotes(command.api, note), random: Math.random };
  note(`Waiting for jobs of ${command.api} as ${command.workerId}.`);
  return loop({
    ...{ command, token: token.value, line, holder: randomUUID(), trainArgs: command.trainArgs, work: command.work, note },
    signal: abort.signal,
    // Words for people are notes; events are for programs, and many jobs make many.
    emit: (event) => (command.json ? reporter.emit(event) : undefined),
  });
}
