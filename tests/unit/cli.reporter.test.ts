/** Reporter: a redrawn bar on a terminal, sparse lines in a log, JSON lines and nothing else with --json. */
import { describe, expect, test } from 'vitest';
import { type Reporter, createReporter } from '../../src/cli/reporter.ts';
import type { JobEvent } from '../../src/core/job/events.ts';

interface Desk {
  reporter: Reporter;
  out(): string;
  err(): string;
  wait(ms: number): void;
}

function desk(options: { json?: boolean; columns?: number | null }): Desk {
  const [out, err]: [string[], string[]] = [[], []];
  let nowMs = 1000;
  const reporter = createReporter({
    json: options.json ?? false,
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    columns: () => options.columns ?? null,
    nowMs: () => nowMs,
  });
  return { reporter, out: () => out.join(''), err: () => err.join(''), wait: (ms) => void (nowMs += ms) };
}

const clearToEnd = '\u001b[K';

/** What a terminal shows: \r goes to the start of the line, ESC[K clears from there. */
function screen(text: string): string[] {
  const lines = [''];
  for (const part of text.replaceAll(clearToEnd, '\f').split(/([\r\n\f])/)) {
    if (part === '\n') lines.push('');
    else if (part === '\r') lines[lines.length - 1] = `\r${lines.at(-1)!.replace('\r', '')}`;
    else if (part === '\f') lines[lines.length - 1] = lines.at(-1)!.split('\r')[0];
    else if (part !== '') {
      const old = lines.at(-1)!;
      lines[lines.length - 1] = old.startsWith('\r') ? part + '\r' + old.slice(1 + part.length) : old + part;
    }
  }
  return lines.map((line) => line.replace('\r', ''));
}

const step = (done: number): JobEvent => ({ type: 'progress', stage: 'train', done, total: 100, unit: 'steps', secondsLeft: null });
const warning: JobEvent = { type: 'warning', failure: { code: 'partial', detail: 'Two photos are left out.', photos: ['a.jpg', 'b.jpg'] } };

describe('on a terminal', () => {
  test('the bar is redrawn in place and messages stand above it', () => {
    const { reporter, err, wait } = desk({ columns: 60 });
    reporter.emit(step(10));
    wait(150);
    reporter.emit(step(20));
    expect(screen(err())).toEqual(['Training  [████░░░░░░░░░░░░░░░░]  20 %  20/100 steps']);
    reporter.note('Adapter: a test');
    expect(screen(err())).toEqual(['Adapter: a test', 'Training  [████░░░░░░░░░░░░░░░░]  20 %  20/100 steps']);
    reporter.close();
    expect(screen(err())).toEqual(['Adapter: a test', '']);
  });

  test('the bar is drawn at most ten times a second, and at the end', () => {
    const { reporter, err, wait } = desk({ columns: 60 });
    for (let done = 1; done <= 100; done++) {
      reporter.emit(step(done));
      wait(10);
    }
    expect(err().split('\r').length - 1).toBeLessThanOrEqual(12);
    expect(screen(err()).at(-1)).toContain('100 %');
  });

  test('the result goes to standard output once the bar is gone', () => {
    const { reporter, out, err } = desk({ columns: 60 });
    reporter.emit(step(100));
    reporter.result('Saved.');
    expect(out()).toBe('Saved.\n');
    expect(screen(err())).toEqual(['']);
  });
});

describe('in a log', () => {
  test('a line every five seconds at most, the last step always', () => {
    const { reporter, err, wait } = desk({});
    reporter.emit({ type: 'stage-started', stage: 'train' });
    for (let done = 1; done <= 100; done++) {
      wait(200);
      reporter.emit(step(done));
    }
    expect(err().trimEnd().split('\n')).toEqual([
      'Training',
      'Training: 25/100 steps (25 %)',
      'Training: 50/100 steps (50 %)',
      'Training: 75/100 steps (75 %)',
      'Training: 100/100 steps (100 %)',
    ]);
    expect(err()).not.toContain('\u001b');
  });

  test('planned memory, warnings and failures are told in words', () => {
    const { reporter, err, out } = desk({});
    reporter.emit({
      type: 'memory-planned',
      bytes: 312e6,
      parts: [
        { name: 'splats', bytes: 12e6 },
        { name: 'photos', bytes: 300e6 },
      ],
    });
    reporter.emit(warning);
    reporter.emit({ type: 'failed', failure: { code: 'gpu-lost', detail: 'It went away.' } });
    expect(err()).toContain('Planned GPU memory: 312 MB (splats 12.0 MB, photos 300 MB)\n');
    expect(err()).toMatch(/^Warning: .+\n {2}Two photos are left out\.\n {2}Photos: a\.jpg, b\.jpg\n {2}What to do: .+$/m);
    expect(err()).toMatch(/^Error: .+\n {2}It went away\.\n {2}What to do: .+$/m);
    expect(out()).toBe('');
  });
});

describe('with --json', () => {
  test('standard output has one event per line and nothing else', () => {
    const { reporter, out } = desk({ json: true, columns: 60 });
    const events: JobEvent[] = [
      { type: 'stage-started', stage: 'read' },
      warning,
      ...Array.from({ length: 50 }, (_, i) => step(i)),
      { type: 'failed', failure: { code: 'bad-file', detail: 'Line one\nline two.' } },
    ];
    for (const event of events) reporter.emit(event);
    reporter.note('Adapter: a test');
    reporter.result('Saved.');
    reporter.close();
    const lines = out().split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  test('people still read the failure and the result on standard error', () => {
    const { reporter, err } = desk({ json: true });
    reporter.emit({ type: 'failed', failure: { code: 'bad-file', detail: 'It is broken.' } });
    reporter.result('Saved.');
    expect(err()).toContain('It is broken.');
    expect(err()).toContain('Saved.\n');
  });
});
