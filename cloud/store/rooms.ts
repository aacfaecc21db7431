/** Where a job's room is. Invariant: one job, one room, by the job's name. */
import type { Cloud } from '../cloud.ts';
import type { JobRoom } from './jobRoom.ts';

export const roomOf = (cloud: Pick<Cloud, 'env'>, jobId: string): DurableObjectStub<JobRoom> => cloud.env.JOB_ROOM.getByName(jobId);
