// Constants of one dispatch that builds or searches the pyramid; written by src/core/sfm/siftPyramid.ts.
struct Step {
  width: u32,       // of the plane that the pass walks over, px
  height: u32,
  stride: u32,      // px from row to row of the input; a multiple of 16
  out_stride: u32,  // the same of the output
  in_offset: u32,   // first px of the input in its buffer; a multiple of 16
  out_offset: u32,
  zoom: u32,        // sift_base: 2 doubles the photo
  octave_slot: u32, // counts octaves from 0
  octave: f32,      // -1, 0, 1, ...
  raw_threshold: f32,
  threshold: f32,
  edge_limit: f32,  // (r + 1)^2 / r
  raw_capacity: u32,
  found_capacity: u32,
  most_moves: u32,  // of a refinement
  neighbours: u32,  // 9: px of a 3 x 3 patch
}
