/** The live side of one job. */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';

export class JobRoom extends DurableObject<Env> {}
