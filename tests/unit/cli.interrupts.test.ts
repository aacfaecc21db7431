/** Interrupts: the first wish is passed on, the second leaves, and one key press is one wish. */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type Interrupts, watchInterrupts } from '../../src/cli/interrupts.ts';

interface Desk {
  signals: EventEmitter;
  interrupts: Interrupts;
  log: string[];
  wait(ms: number): void;
}

function desk(): Desk {
  let nowMs = 5000;
  const [signals, log] = [new EventEmitter(), [] as string[]];
  const actions = { unheard: () => void log.push('unheard'), again: () => void log.push('again') };
  const interrupts = watchInterrupts(signals, () => nowMs, actions);
  return { signals, interrupts, log, wait: (ms) => void (nowMs += ms) };
}

describe('interrupts', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s is a wish to stop', (signal) => {
    const { signals, interrupts, log } = desk();
    interrupts.onRequest(() => log.push('stop'));
    expect(interrupts.requested).toBe(false);
    signals.emit(signal);
    expect(interrupts.requested).toBe(true);
    expect(log).toEqual(['stop']);
  });

  test('the second leaves at once', () => {
    const { signals, interrupts, log, wait } = desk();
    interrupts.onRequest(() => log.push('stop'));
    signals.emit('SIGINT');
    wait(2000);
    signals.emit('SIGINT');
    expect(log).toEqual(['stop', 'again']);
  });

  test('a key press that arrives twice, as it does under npm, is one wish', () => {
    const { signals, interrupts, log, wait } = desk();
    interrupts.onRequest(() => log.push('stop'));
    signals.emit('SIGINT');
    wait(30);
    signals.emit('SIGINT');
    expect(log).toEqual(['stop']);
  });

  test('before anybody listens there is nothing to stop in good order', () => {
    const { signals, log } = desk();
    signals.emit('SIGINT');
    expect(log).toEqual(['unheard']);
  });

  test('a new listener takes the place of the one before', () => {
    const { signals, interrupts, log } = desk();
    interrupts.onRequest(() => log.push('stop reading'));
    interrupts.onRequest(() => log.push('stop training'));
    signals.emit('SIGINT');
    expect(log).toEqual(['stop training']);
  });

  test('after dispose signals are left alone', () => {
    const { signals, interrupts, log } = desk();
    interrupts.dispose();
    signals.emit('SIGINT');
    expect(log).toEqual([]);
    expect(signals.listenerCount('SIGINT')).toBe(0);
  });
});
