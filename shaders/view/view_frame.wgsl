// What the viewer's passes need of a frame besides the step's constants. Filled by src/core/view/frameConstants.ts in this order.
// Invariant: 64 bytes.
struct ViewFrame {
  crop_low: vec3f,
  min_contribution: f32, // splats whose light adds up to less than this many whole pixels are left out
  crop_high: vec3f,
  exposure: f32,         // factor on the colours
  background: vec4f,     // straight alpha
  guard: f32,            // pixels beyond the edges in which splats are kept in the order
  key_base: u32,         // bits of the least depth as f32
  key_shift: u32,        // low bits of the depth that the key drops
  key_max: u32,
}
