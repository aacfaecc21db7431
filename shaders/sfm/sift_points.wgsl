// The chosen key points, and px of the Gaussians that their gradients are taken from; a part of sift_orient and sift_describe.
// bindings: 0 points_info (uniform), 1 points (read), 2-4 gaussian1..3 (read): all octaves behind each other
struct PointsInfo {
  count: u32,
  parts: u32, // words of a descriptor; read by sift_root
  pad0: u32, pad1: u32,
  // By octave: first px, px from row to row, width, height.
  octaves: array<vec4u, 16>,
}

@group(0) @binding(0) var<uniform> points_info: PointsInfo;
// Slot of the octave, x, y (index coordinates of the octave), level.
@group(0) @binding(1) var<storage, read> points: array<vec4f>;
@group(0) @binding(2) var<storage, read> gaussian1: array<f32>;
@group(0) @binding(3) var<storage, read> gaussian2: array<f32>;
@group(0) @binding(4) var<storage, read> gaussian3: array<f32>;

const TWO_PI = 6.28318530718;

fn gaussian(level: u32, i: u32) -> f32 {
  if (level == 1u) { return gaussian1[i]; }
  if (level == 2u) { return gaussian2[i]; }
  return gaussian3[i];
}

fn gradient_level(level: f32) -> u32 { return u32(clamp(floor(level + 0.5), 1.0, 3.0)); }

// Sigma in px of the octave.
fn sigma_of(level: f32) -> f32 { return 1.6 * exp2(level / 3.0); }
