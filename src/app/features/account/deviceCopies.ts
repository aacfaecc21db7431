/** What a project in the cloud has to do with this device. The journey knows; this room only asks. */
import type { CloudProject } from '../../../core/job/cloudProjects.ts';

export interface DeviceCopies {
  /** The project on this device that a project in the cloud has come from; null: none, or it is gone. */
  of(cloudProjectId: string): Promise<string | null>;
  /** Stores a model as a new project on this device and goes there. False: it could not be stored. */
  take(project: CloudProject, model: Blob, fileName: string): Promise<boolean>;
  /** Forgets the orders that were about a project in the cloud; null: about all of them. */
  forget(cloudProjectId: string | null): Promise<void>;
}
