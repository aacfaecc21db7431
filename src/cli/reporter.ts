/**
 * Reporter: the one way a command speaks. Turns events into a redrawn bar (terminal), sparse lines (log) or JSON lines.
 * Invariant: with `json`, standard output carries one event per line and nothing else; words for people go to standard error.
 */
import type { JobEvent } from '../core/job/events.ts';
import { failureText } from './failureText.ts';
import { formatBytes } from './numbersInWords.ts';
import { type ProgressEvent, formatProgressBar, formatProgressLine, stageTitle } from './progress.ts';

export interface ReporterPorts {
  json: boolean;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Columns of the terminal behind standard error; null when it is not a terminal. Asked on every redraw: windows are resized. */
  columns(): number | null;
  nowMs(): number;
}

export interface Reporter {
  emit(event: JobEvent): void;
  /** A line for the person, on standard error. */
  note(line: string): void;
  /** The result in words, on standard output; on standard error when standard output carries events. */
  result(line: string): void;
  /** Takes the bar off the terminal. */
  close(): void;
}

const redrawMs = 100;
const logLineMs = 5000;

const memoryText = (event: Extract<JobEvent, { type: 'memory-planned' }>): string => {
  const parts = event.parts.map((part) => `${part.name} ${formatBytes(part.bytes)}`).join(', ');
  return `Planned GPU memory: ${formatBytes(event.bytes)}${parts ? ` (${parts})` : ''}`;
};

export function createReporter(ports: ReporterPorts): Reporter {
  let bar = '';
  let lastShownMs = -Infinity;

  const clearBar = (): void => {
    if (bar) ports.stderr('\r\u001b[K');
    bar = '';
  };
  const note = (line: string): void => {
    const hidden = bar;
    clearBar();
    ports.stderr(`${line}\n${hidden}`);
    bar = hidden;
  };
  const drawBar = (event: ProgressEvent, columns: number): void => {
    bar = formatProgressBar(event, columns);
    ports.stderr(`\r${bar}\u001b[K`);
  };
  const progress = (event: ProgressEvent): void => {
    const columns = ports.columns();
    const due = ports.nowMs() - lastShownMs >= (columns === null ? logLineMs : redrawMs);
    if (!due && event.done < event.total) return;
    lastShownMs = ports.nowMs();
    if (columns === null) note(formatProgressLine(event));
    else drawBar(event, columns);
  };
  const tellPerson = (event: JobEvent): void => {
    if (event.type === 'progress') progress(event);
    else if (event.type === 'memory-planned') note(memoryText(event));
    else if (event.type === 'warning') note(failureText('Warning', event.failure));
    else if (event.type === 'stage-started') {
      clearBar();
      lastShownMs = ports.columns() === null ? ports.nowMs() : -Infinity;
      if (ports.columns() === null) note(stageTitle(event.stage));
    }
  };

  return {
    emit(event) {
      if (ports.json) ports.stdout(`${JSON.stringify(event)}\n`);
      else tellPerson(event);
      if (event.type === 'failed') {
        clearBar();
        note(failureText('Error', event.failure));
      }
    },
    note,
    result(line) {
      clearBar();
      (ports.json ? ports.stderr : ports.stdout)(`${line}\n`);
    },
    close: clearBar,
  };
}
