// Who descends from whom: needs request, dead_sums and parents.
// Invariant: parents[] is ascending in the destination number, as stratified sampling leaves it.
// Number of destination i among all destinations; 0xffffffff when i is a live splat that stays.
fn destination_of(i: u32) -> u32 {
  if (i >= request.count) { return dead_sums[request.count] + i - request.count; }
  return select(0xffffffffu, dead_sums[i], dead_sums[i + 1u] > dead_sums[i]);
}

// Destinations of one parent are neighbours: count them to both sides.
fn family_of(k: u32) -> Family {
  let total = dead_sums[request.count] + request.wanted - request.count;
  let parent = parents[k];
  var rank = 1u;
  for (; rank <= k && parents[k - rank] == parent; rank++) {}
  var copies = rank + 1u;
  for (; k + copies - rank < total && parents[k + copies - rank] == parent; copies++) {}
  return Family(parent, rank, copies);
}
