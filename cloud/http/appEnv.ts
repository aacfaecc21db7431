/** What every route finds in its context. */
import type { Cloud } from '../cloud.ts';
import type { Env } from '../env.ts';

export interface AppEnv {
  Bindings: Env;
  Variables: {
    cloud: Cloud;
    /** Who asks, by cookie or bearer token; null for a stranger. */
    ownerId: string | null;
  };
}
