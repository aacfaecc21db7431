// Reads packed splats: the layout of src/core/view/packedSplats.ts.
// Invariant: unpacking gives what unpackSplats gives on the CPU, to the last bits of f32.
const SCALE_LOW: f32 = -20.0;
const SCALE_RANGE: f32 = 32.0;

fn scales_of(low: u32, high: u32) -> vec3f {
  let fixed = vec3f(f32(low & 0xffffu), f32(low >> 16u), f32(high & 0xffffu));
  return fixed / 65535.0 * SCALE_RANGE + SCALE_LOW;
}

fn opacity_of(high: u32) -> f32 { return f32(high >> 16u) / 65535.0; }

// Quaternion wxyz from its three smaller components of 15 bits and the place of the largest.
fn quat_of(blue_a: u32, packed: u32) -> vec4f {
  let fixed = vec3f(f32((blue_a >> 16u) & 0x7fffu), f32(packed >> 17u), f32((packed >> 2u) & 0x7fffu));
  let p = (fixed / 32767.0 - 0.5) * 1.4142135623730951;
  let largest = sqrt(max(0.0, 1.0 - dot(p, p)));
  switch (packed & 3u) {
    case 0u: { return vec4f(largest, p); }
    case 1u: { return vec4f(p.x, largest, p.yz); }
    case 2u: { return vec4f(p.xy, largest, p.z); }
    default: { return vec4f(p, largest); }
  }
}

// Red, green, blue of degree 0.
fn dc_of(red_green: u32, blue_a: u32) -> vec3f { return vec3f(unpack2x16float(red_green), unpack2x16float(blue_a).x); }

// Eight SH coefficients from 24 halves.
struct Eight { c: array<vec3f, 8> }

fn eight_of(a: vec4u, b: vec4u, c: vec4u) -> Eight {
  let a0 = unpack2x16float(a.x); let a1 = unpack2x16float(a.y); let a2 = unpack2x16float(a.z); let a3 = unpack2x16float(a.w);
  let b0 = unpack2x16float(b.x); let b1 = unpack2x16float(b.y); let b2 = unpack2x16float(b.z); let b3 = unpack2x16float(b.w);
  let c0 = unpack2x16float(c.x); let c1 = unpack2x16float(c.y); let c2 = unpack2x16float(c.z); let c3 = unpack2x16float(c.w);
  return Eight(array<vec3f, 8>(
    vec3f(a0, a1.x), vec3f(a1.y, a2), vec3f(a3, b0.x), vec3f(b0.y, b1),
    vec3f(b2, b3.x), vec3f(b3.y, c0), vec3f(c1, c2.x), vec3f(c2.y, c3)));
}
