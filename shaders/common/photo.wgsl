// The photo of a view as packed RGBA8 (alpha 255: a pixel the lens saw, 0: outside the undistorted photo), and the SSIM window.
// Invariant: G0..G5 are the 11-tap Gaussian of sigma 1.5, normalised (Wang et al. 2004, section III-B), from its edge to its centre.
const G0: f32 = 0.00102838008;
const G1: f32 = 0.00759875814;
const G2: f32 = 0.0360007721;
const G3: f32 = 0.10936069;
const G4: f32 = 0.213005538;
const G5: f32 = 0.266011725;
const SSIM_C1: f32 = 0.0001;
const SSIM_C2: f32 = 0.0009;

// Eight neighbouring outputs of the blur are made at once from 18 inputs: a load costs more than the sums it feeds. LOWn and HIGHn hold
// what input n weighs in the first and the last four outputs.
const RUN: u32 = 8u;
const LOW0 = vec4f(G0, 0.0, 0.0, 0.0);
const LOW1 = vec4f(G1, G0, 0.0, 0.0);
const LOW2 = vec4f(G2, G1, G0, 0.0);
const LOW3 = vec4f(G3, G2, G1, G0);
const LOW4 = vec4f(G4, G3, G2, G1);
const LOW5 = vec4f(G5, G4, G3, G2);
const LOW6 = vec4f(G4, G5, G4, G3);
const LOW7 = vec4f(G3, G4, G5, G4);
const LOW8 = vec4f(G2, G3, G4, G5);
const LOW9 = vec4f(G1, G2, G3, G4);
const LOW10 = vec4f(G0, G1, G2, G3);
const LOW11 = vec4f(0.0, G0, G1, G2);
const LOW12 = vec4f(0.0, 0.0, G0, G1);
const LOW13 = vec4f(0.0, 0.0, 0.0, G0);
const HIGH4 = vec4f(G0, 0.0, 0.0, 0.0);
const HIGH5 = vec4f(G1, G0, 0.0, 0.0);
const HIGH6 = vec4f(G2, G1, G0, 0.0);
const HIGH7 = vec4f(G3, G2, G1, G0);
const HIGH8 = vec4f(G4, G3, G2, G1);
const HIGH9 = vec4f(G5, G4, G3, G2);
const HIGH10 = vec4f(G4, G5, G4, G3);
const HIGH11 = vec4f(G3, G4, G5, G4);
const HIGH12 = vec4f(G2, G3, G4, G5);
const HIGH13 = vec4f(G1, G2, G3, G4);
const HIGH14 = vec4f(G0, G1, G2, G3);
const HIGH15 = vec4f(0.0, G0, G1, G2);
const HIGH16 = vec4f(0.0, 0.0, G0, G1);
const HIGH17 = vec4f(0.0, 0.0, 0.0, G0);
const NONE = vec4f(0.0);

// The rendered colour as the photo's exposure shows it.
fn exposed(colour: vec3f) -> vec3f { return step.exposure_gain * colour + step.exposure_bias; }

fn unpack_photo(packed: u32) -> vec4f { return unpack4x8unorm(packed); }
