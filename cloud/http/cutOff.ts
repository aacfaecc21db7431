/**
 * Requests that broke off: a phone in a tunnel, a page that was closed while it sent.
 * Invariant: only what is wrong with the request's own body counts; when R2 or D1 fails the body is whole, and that stays an error of ours.
 */
const settleMs = 10;

/** Whether the body has failed. Waits for nobody: a body of which more may come has not. */
export async function isCutOff({ body }: Request): Promise<boolean> {
  if (!body || body.locked) return false;
  const reader = body.getReader();
  const failed = reader.read().then(
    () => false,
    () => true,
  );
  const isFailed = await Promise.race([failed, scheduler.wait(settleMs).then(() => false)]);
  reader.releaseLock();
  return isFailed;
}
