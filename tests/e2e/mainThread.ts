/**
 * How long the page's main thread is busy at a stretch, from the browser's own trace.
 * Invariant: what counts is the thread's processor time. A software GPU takes every core there is, and the time a short task then waits for
 * one says nothing about the page.
 */
import type { Browser, Page } from 'playwright-core';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds: wall clock, and processor time where the system tells it. */
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

/** Does something with the page and gives back the processor time of each of its main thread's tasks, in milliseconds, longest first. */
export async function mainThreadTasksMs(browser: Browser, page: Page, doIt: () => Promise<void>): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await doIt();
  const trace = await browser.stopTracing();
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const isMain = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(({ ph, name, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && isMain.has(`${pid} ${tid}`));
  return tasks.map(({ dur, tdur }) => (tdur ?? dur ?? 0) / 1000).sort((a, b) => b - a);
}
