/**
 * CPU time of this process's children, which are the browser's: on a software adapter what a picture costs, whoever else uses the machine.
 * Invariant: null where there is no /proc.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second. */
const msPerTick = 10;

interface Process {
  pid: number;
  parent: number;
  ticks: number;
}

function readProcess(pid: number): Process | null {
  try {
    // The name, in brackets, may hold anything; the fields after it are state, parent, ... user and system time at 12 and 13.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

/** Milliseconds that all living descendants have used so far. */
export function childrenCpuMs(): number | null {
  if (process.platform !== 'linux') return null;
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((each) => each !== null);
  const ours = new Set([process.pid]);
  for (let before = 0; before < ours.size;) {
    before = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  ours.delete(process.pid);
  return all.reduce((sum, { pid, ticks }) => sum + (ours.has(pid) ? ticks * msPerTick : 0), 0);
}
