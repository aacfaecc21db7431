// The constants of one step: the view, the counts and the learning rates. Filled by src/core/raster/stepConstants.ts in this order.
// Invariant: 256 bytes, so that many steps share one buffer through dynamic offsets.
struct Step {
  rotation_x: vec4f,     // rows of the world-to-camera rotation; w = translation
  rotation_y: vec4f,
  rotation_z: vec4f,
  focal: vec4f,          // fx, fy, cx, cy in pixels; pixel centres at +0.5
  camera_world: vec3f,   // camera centre in world space
  near: f32,             // splats with a smaller depth are culled
  width: u32,
  height: u32,
  tiles_x: u32,
  tiles_y: u32,
  count: u32,            // live splats
  sh_degree: u32,        // degree in use, at most the buffer's
  step: u32,             // 1-based optimiser step
  seed: u32,
  background: vec3f,
  stop_at_t: f32,        // transmittance below which a pixel is closed
  lowpass: f32,          // variance in px^2 added to the 2D covariance (0.3)
  antialiased: u32,      // 1: opacity compensated for the low-pass
  slot_capacity: u32,    // room for tile intersections
  photo_offset: u32,     // first pixel of the wanted level in the photo buffer
  lr_mean: f32,
  lr_scale: f32,
  lr_quat: f32,
  lr_opacity: f32,
  lr_dc: f32,
  lr_rest: f32,
  bias1: f32,            // 1 - beta1^step
  bias2: f32,            // 1 - beta2^step
  noise: f32,            // standard deviation of the position noise, in units of the splat's own size
  opacity_decay: f32,    // weight of the L1 term on the opacity
  scale_decay: f32,      // weight of the L1 term on the scales
  ssim_weight: f32,      // lambda of D-SSIM in the loss
  exposure_gain: vec3f,  // the photo's exposure: seen colour = gain * rendered colour + bias
  view_slot: u32,        // training view, for what is learnt about it
  exposure_bias: vec3f,
  lr_pose: f32,          // radians; 0 while poses rest
  pose_length: f32,      // world units that count as one radian
  pose_pull: f32,        // share of a correction that is taken back per unit of rate
  lr_exposure: f32,
  exposure_pull: f32,
}
