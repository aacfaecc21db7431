/**
 * Sharing as zod schemas, for both ends.
 * Invariant: as in cloudSchema.ts: requests are strict, answers may hold more.
 */
import * as z from 'zod';
import type * as api from './cloudShares.ts';

const role = z.enum(['view', 'download']);

export const shareRequest: z.ZodType<api.ShareRequest> = z.strictObject({
  role,
  title: z.string().trim().min(1).max(200),
  expiresInDays: z.exactOptional(z.int().min(1).max(3650)),
  password: z.exactOptional(z.string().min(4).max(200)),
});

const share: z.ZodType<api.Share> = z.object({
  id: z.string(),
  role,
  title: z.string(),
  hasPassword: z.boolean(),
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
  createdAt: z.number(),
});

export const newShare: z.ZodType<api.NewShare> = z.object({ share, url: z.url() });
export const shareList: z.ZodType<api.ShareList> = z.object({ shares: z.array(share) });
