/**
 * splat: the engine headless. Reads the command line, runs one command and ends with the exit code that the help texts promise.
 * Invariant: every Failure is printed in words; an exception that reaches this file is a bug and is printed with its stack.
 */
import { type Parsed, parseCommand } from './args.ts';
import { type ExitCode, exitCode } from './exitCode.ts';
import { helpText, usageText } from './help.ts';
import { watchInterrupts } from './interrupts.ts';
import { createReporter } from './reporter.ts';
import { runCommand } from './runCommand.ts';
import type { World } from './world.ts';

const nowMs = (): number => performance.now();

/** A reader that goes away (a closed terminal, "| head") must not take the training with it. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

function createWorld(json: boolean): World {
  const reporter = createReporter({
    json,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    columns: () => (process.stderr.isTTY ? process.stderr.columns || 80 : null),
    nowMs,
  });
  const tell = (): void => {
    reporter.emit({ type: 'failed', failure: { code: 'cancelled', detail: 'Left at once; what was not yet saved is lost.' } });
  };
  const unheard = (): void => {
    tell();
    process.exit(exitCode.failed);
  };
  /** Nothing gentler ends a process safely while the driver is at work. */
  const again = (): void => {
    tell();
    process.kill(process.pid, 'SIGKILL');
  };
  return { reporter, interrupts: watchInterrupts(process, nowMs, { unheard, again }) };
}

function say(stream: NodeJS.WriteStream, text: string, code: ExitCode): ExitCode {
  stream.write(`${text}\n`);
  return code;
}

async function main(parsed: Parsed): Promise<ExitCode> {
  if (parsed.kind === 'help') return say(process.stdout, helpText(parsed.topic), exitCode.done);
  if (parsed.kind === 'usage') return say(process.stderr, usageText(parsed.topic, parsed.problems), exitCode.usage);
  const world = createWorld(parsed.command.json);
  try {
    const outcome = await runCommand(parsed.command, world);
    world.reporter.emit(outcome.ok ? { type: 'finished' } : { type: 'failed', failure: outcome.failure });
    if (!outcome.ok) return exitCode.failed;
    return outcome.value === 'done' ? exitCode.done : exitCode.interrupted;
  } finally {
    world.reporter.close();
    world.interrupts.dispose();
  }
}

process.exitCode = await main(parseCommand(process.argv.slice(2)));
