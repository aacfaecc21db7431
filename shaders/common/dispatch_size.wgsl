// Workgroup counts for an indirect dispatch, folded into two dimensions as groupsFor (src/core/gpu/recorder.ts) folds them.
// Invariant: never 0, so that a pass of no work still runs and finds nothing to do. `indirect` is a storage array of the including kernel.

fn groups(at: u32, items: u32, per_group: u32) {
  let n = max(1u, (items + per_group - 1u) / per_group);
  indirect[at] = min(n, 65535u);
  indirect[at + 1u] = (n + 65534u) / 65535u;
  indirect[at + 2u] = 1u;
}
