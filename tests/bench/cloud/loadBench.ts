/**
 * Load on the cloud's API: owners who upload, order, wait and fetch, workers that pull, and faults among both.
 * Invariant: what was lost, doubled or shown to the wrong person is a problem, and a run with problems is not recorded and fails.
 */
import { machine, print, printTable, record, withServer, type BenchServer } from './benchServer.ts';
import { callRows, tableOf } from './callTable.ts';
import { createCalls } from './calls.ts';
import { checkLoad } from './loadChecks.ts';
import { type OwnerRun, type Place, runOwner } from './owner.ts';
import { baseJpeg, photoMaker } from './photos.ts';
import { type Ledger, workerLane } from './pullWorker.ts';
import { memoryOfChildren } from './serverMemory.ts';

interface Options {
  label: string;
  owners: number;
}

const settings = { photosEach: 20, ownersAtOnce: 50, workers: 4, seed: 1, twice: 0.05, cut: 0.05, deathEvery: 20 };
/** A worker that died is missed after 40 seconds instead of ten minutes; nothing else is changed. */
const tuning = { leaseSeconds: 30, lostSeconds: 10, watchSeconds: 5 };
const mostMinutes = 60;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

async function runOwners(place: Place, count: number): Promise<{ owners: OwnerRun[]; problems: string[] }> {
  const photoOf = photoMaker(await baseJpeg());
  const [owners, problems]: [OwnerRun[], string[]] = [[], []];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < count && !place.signal.aborted) {
      const index = next++;
      try {
        owners.push(
          await runOwner(
            place,
            index,
            Array.from({ length: settings.photosEach }, (_, i) => photoOf(index, i)),
          ),
        );
      } catch (error) {
        problems.push(`Owner ${index}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  const answered = (): number => [...place.calls.times.values()].reduce((sum, { ms }) => sum + ms.length, 0);
  const tell = (): boolean => process.stderr.write(`${owners.length} of ${count} owners have their model, after ${answered()} calls.\n`);
  const progress = setInterval(tell, 15_000);
  await Promise.all(Array.from({ length: settings.ownersAtOnce }, lane));
  clearInterval(progress);
  return { owners: owners.sort((a, b) => a.index - b.index), problems };
}

/** What the Worker wrote down as an error, for whoever looks into a problem. */
const errorsIn = (said: string): string[] => said.split('\n').filter((line) => line.includes('"level":"error"'));

async function measure({ origin, workerToken, adminToken, said }: BenchServer, count: number) {
  const [calls, ending] = [createCalls(), new AbortController()];
  const timeout = setTimeout(() => ending.abort(), mostMinutes * 60_000);
  const ledger: Ledger = { done: new Map(), dead: [], claims: 0 };
  const place: Place = { origin, calls, faults: settings, signal: ending.signal };
  const workProblems: string[] = [];
  const workplace = { ...settings, origin, workerToken, calls, ledger, signal: ending.signal };
  // Without workers nothing would ever be done: what breaks one ends the run.
  const failed = (lane: number, error: unknown): void => {
    workProblems.push(`Worker ${lane}: ${String(error)}`);
    ending.abort();
  };
  const lanes = Array.from({ length: settings.workers }, (_, lane) =>
    workerLane(workplace, lane).catch((error: unknown) => failed(lane, error)),
  );
  const begun = Date.now();
  const { owners, problems } = await runOwners(place, count);
  const seconds = (Date.now() - begun) / 1000;
  const rows = callRows(calls.times);
  ending.abort();
  await Promise.all(lanes);
  clearTimeout(timeout);
  problems.push(...workProblems);
  // Whether everything agrees cannot be said of a run that did not get to its end.
  if (problems.length === 0) {
    const load = { place, adminToken, ledger, owners, photosEach: settings.photosEach };
    problems.push(...(await checkLoad(load, new Set([dayOf(begun), dayOf(Date.now())]))));
  }
  if (problems.length > 0) problems.push(...errorsIn(said()).slice(0, 20));
  return { owners, problems, rows, seconds, died: ledger.dead.length, memory: memoryOfChildren() };
}
type Measured = Awaited<ReturnType<typeof measure>>;

const requestsOf = ({ rows }: Measured): number => rows.reduce((sum, { count }) => sum + count, 0);

function show(measured: Measured): void {
  const { owners, rows, seconds, died, memory } = measured;
  printTable(tableOf(rows));
  const reasons = rows.flatMap(({ call, retried }) => Object.entries(retried).map(([why, number]) => `${call}: ${number} x ${why}`));
  print(reasons.length > 0 ? `Repeated: ${reasons.join('; ')}` : 'No call had to be repeated.');
  const cut = owners.reduce((sum, { cutPuts }) => sum + cutPuts, 0);
  print(`${cut} PUTs were cut and repeated; ${died} workers died after their claim.`);
  const waits = owners.map(({ secondsToModel }) => secondsToModel).sort((a, b) => a - b);
  print(`From the announcement to the model: median ${waits[waits.length >> 1]?.toFixed(1)} s, longest ${waits.at(-1)?.toFixed(1)} s.`);
  print(`${requestsOf(measured)} calls in ${seconds.toFixed(1)} s: ${(requestsOf(measured) / seconds).toFixed(1)} a second.`);
  for (const { name, peakRss, cpuSeconds } of memory)
    print(`${name}: peak RSS ${(peakRss / 2 ** 20).toFixed(0)} MiB, ${cpuSeconds.toFixed(0)} s of CPU with its start.`);
}

export async function benchCloudLoad({ label, owners: count }: Options): Promise<void> {
  const on = machine();
  print(`${count} owners, ${settings.ownersAtOnce} at once, ${settings.photosEach} photos each; ${on.device}, Node ${on.node}.`);
  const measured = await withServer(tuning, (server) => measure(server, count));
  show(measured);
  const { problems, rows, seconds, memory, died } = measured;
  if (problems.length > 0) {
    process.stderr.write(`${problems.length} problems:\n${problems.slice(0, 50).join('\n')}\n`);
    process.exitCode = 1;
    return;
  }
  print('Nothing was lost or doubled; the counters agree; nobody saw what is somebody else\'s.'); // prettier-ignore
  const processes = memory.map(({ name, peakRss, cpuSeconds }) => ({ name, peakRss, cpuSeconds }));
  record({ bench: 'cloud-load', label, date: new Date().toISOString(), ...on, settings: { ...settings, owners: count, tuning }, seconds, died, processes, rows }); // prettier-ignore
}
