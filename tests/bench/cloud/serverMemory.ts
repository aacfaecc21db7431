/**
 * Memory of the server's processes, as Linux counts it (proc_pid_status(5)).
 * Invariant: every process that this one has started is looked at, and those they have started.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessMemory {
  pid: number;
  /** "workerd", or "node" for Vite with all its threads. */
  name: string;
  /** Bytes. The most that was ever resident, with files that are mapped. */
  peakRss: number;
  /** Bytes of memory that is no file's: heaps and buffers. */
  anonymous: number;
  /** Of all its threads, since it began. */
  cpuSeconds: number;
}

/** Null when the process is gone. */
function read(pid: number, file: 'status' | 'cmdline' | 'stat'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}

const field = (status: string, name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);

function nameOf(pid: number): string {
  const [program = '?'] = (read(pid, 'cmdline') ?? '').split('\0');
  return basename(program);
}

/** User and system time in clock ticks, of which Linux has 100 a second on every machine that Node runs on (proc_pid_stat(5)). */
function cpuSecondsOf(pid: number): number {
  // The name in brackets may hold blanks; utime and stime are the 12th and 13th field after it.
  const fields = (read(pid, 'stat') ?? '').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Everything that descends from a process. */
export function memoryOfChildren(of: number = process.pid): ProcessMemory[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number); // prettier-ignore
  const statuses = new Map(pids.map((pid) => [pid, read(pid, 'status') ?? '']));
  const isChild = (pid: number): boolean => {
    const parent = field(statuses.get(pid) ?? '', 'PPid');
    return parent === of || (parent > 1 && isChild(parent));
  };
  return pids.filter(isChild).flatMap((pid) => memoryOf(pid) ?? []);
}

export function memoryOf(pid: number): ProcessMemory | null {
  const status = read(pid, 'status');
  if (!status) return null;
  const [peakRss, anonymous] = ['VmHWM', 'RssAnon'].map((name) => 1024 * field(status, name));
  return { pid, name: nameOf(pid), peakRss, anonymous, cpuSeconds: cpuSecondsOf(pid) };
}

export interface Growth {
  pid: number;
  name: string;
  /** Bytes of anonymous memory before, and the most there was. */
  before: number;
  peak: number;
  samples: number;
}

/** Watches the server's memory while something is done. */
export async function watchMemory<T>(everyMs: number, work: () => Promise<T>): Promise<{ value: T; growth: Growth[] }> {
  const growth: Growth[] = memoryOfChildren().map(({ pid, name, anonymous }) => ({
    pid,
    name,
    before: anonymous,
    peak: anonymous,
    samples: 0,
  }));
  const sample = (): void => {
    for (const each of growth) {
      each.peak = Math.max(each.peak, memoryOf(each.pid)?.anonymous ?? 0);
      each.samples++;
    }
  };
  const timer = setInterval(sample, everyMs);
  try {
    const value = await work();
    sample();
    return { value, growth };
  } finally {
    clearInterval(timer);
  }
}
