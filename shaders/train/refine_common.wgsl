// Refinement: dead splats move to, and new splats grow from, splats that answer for much error. Error-weighted sampling in the sense of
// 3DGS-MCMC's relocation (Kheradmand et al. 2024, section 4) with a split that keeps the spread: the n copies of one splat stand evenly
// along its longest axis, s' = s / sqrt(n) with the variance along the axis kept, and opacity o' = 1 - (1 - o)^(1 / sqrt(n)).
// Shared by the refine_* kernels. Invariant: the result does not depend on scheduling. Destinations (dead splats in index order, then new
// ones) are numbered by a prefix sum and draw their parents by stratified sampling of the scores, so the destinations of one parent are
// neighbours in number and each knows its rank among them; a parent is never a destination.
struct Request {
  count: u32,          // live splats
  wanted: u32,         // live splats afterwards
  jitter: f32,         // 0..1, place of the samples in their strata
  score_scale: f32,    // scores are counted in units of 1 / score_scale
  dead_opacity: f32,   // below it a splat is moved
}

struct Family { parent: u32, rank: u32, copies: u32 } // rank 1.. of the destination, the parent itself is 0; copies counts both

const NO_PARENT: u32 = 0xffffffffu;
