/**
 * Run command: one file per command, loaded when it is asked for, so that converting needs no GPU and --help needs nothing.
 * Invariant: every command of args.ts is run here.
 */
import type { Result } from '../core/job/failure.ts';
import type { Command } from './args.ts';
import type { Ending, World } from './world.ts';

/** Runs a command to its end. */
export async function runCommand(command: Command, world: World): Promise<Result<Ending>> {
  switch (command.name) {
    case 'train':
      return (await import('./commands/train.ts')).train(command, world);
    case 'solve':
      return (await import('./commands/solve.ts')).solve(command, world);
    case 'render':
      return (await import('./commands/render.ts')).render(command, world);
    case 'convert':
      return (await import('./commands/convert.ts')).convert(command, world);
    case 'serve':
      return (await import('./commands/serve.ts')).serve(command, world);
  }
}
