/**
 * SfM thread: what every thread of the Node pool runs. One message in is one task; one message out is its result or the error's words.
 * Invariant: a task that throws is answered as an error and the thread stays usable.
 */
import { parentPort } from 'node:worker_threads';
import { runSfmTask } from '../core/sfm/runTask.ts';
import { serveTasks } from './threadMessages.ts';

if (!parentPort) throw new Error('This file is the entry of a worker thread.');
serveTasks(parentPort, runSfmTask);
