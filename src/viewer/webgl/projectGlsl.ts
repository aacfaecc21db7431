/**
 * GLSL of the projection pass: one fragment is one splat, read from its packed words and written to two texels that the quads are drawn
 * from. The mathematics is that of shaders/common/gaussian.wgsl and sh.wgsl (EWA splatting, Zwicker et al. 2002; Kerbl et al. 2023).
 * Invariant: a splat that cannot be seen, or is not finite, is written with opacity 0.
 *
 * shape: u, v (pixels), opacity, standard deviation along the second axis (pixels), as f32 bits
 * look:  first axis (pixels, one standard deviation long) as two f32; red and green, blue as halves
 */
export const projectGlsl = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform usampler2D geometry;   // two texels a splat, at twice the fragment's column
uniform usampler2D sh;
uniform int perRow, count, shPerRow, shTexels, shDegree, antialiased;
uniform vec4 rotationX, rotationY, rotationZ; // rows of the world-to-camera rotation, translation in w
uniform vec4 lens;             // fx, fy, cx, cy
uniform vec2 size;
uniform vec3 centre, cropLow, cropHigh;
uniform float near, exposure, scaleLow, scaleRange;

layout(location = 0) out uvec4 shape;
layout(location = 1) out uvec4 look;

const float alphaMin = 1.0 / 255.0;
const float lowPass = 0.3;

bool finite(float x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }

// The quaternion wxyz of which the largest component is left out (see packedSplats.ts).
vec4 quaternion(uint a, uint bc) {
  vec3 p = (vec3(a, bc >> 17, (bc >> 2) & 0x7fffu) / 32767.0 - 0.5) * 1.4142135623730951;
  float rest = sqrt(max(0.0, 1.0 - dot(p, p)));
  uint largest = bc & 3u;
  if (largest == 0u) return vec4(rest, p);
  if (largest == 1u) return vec4(p.x, rest, p.yz);
  if (largest == 2u) return vec4(p.xy, rest, p.z);
  return vec4(p, rest);
}

mat3 rotationOf(vec4 q) {
  float w = q.x, x = q.y, y = q.z, z = q.w;
  return mat3(
    1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y),
    2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x),
    2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y));
}

// Two neighbouring coefficients, packed as (r g)(b r)(g b), times their basis values.
vec3 pair(uint p, uint q, uint r, float first, float second) {
  vec2 a = unpackHalf2x16(p), b = unpackHalf2x16(q), c = unpackHalf2x16(r);
  return first * vec3(a, b.x) + second * vec3(b.y, c);
}

vec3 shColour(int index, vec3 d) {
  ivec2 at = ivec2((index % shPerRow) * shTexels, index / shPerRow);
  float x = d.x, y = d.y, z = d.z, xx = x * x, yy = y * y, zz = z * z;
  uvec4 s = texelFetch(sh, at, 0), t = texelFetch(sh, at + ivec2(1, 0), 0);
  vec3 sum = pair(s.x, s.y, s.z, -0.4886025119029199 * y, 0.4886025119029199 * z);
  float third = -0.4886025119029199 * x;
  if (shDegree == 1) return sum + pair(s.w, t.x, 0u, third, 0.0);
  sum += pair(s.w, t.x, t.y, third, 1.0925484305920792 * x * y);
  s = texelFetch(sh, at + ivec2(2, 0), 0);
  sum += pair(t.z, t.w, s.x, -1.0925484305920792 * y * z, 0.31539156525252005 * (2.0 * zz - xx - yy));
  sum += pair(s.y, s.z, s.w, -1.0925484305920792 * x * z, 0.5462742152960396 * (xx - yy));
  if (shDegree == 2) return sum;
  s = texelFetch(sh, at + ivec2(3, 0), 0);
  t = texelFetch(sh, at + ivec2(4, 0), 0);
  sum += pair(s.x, s.y, s.z, -0.5900435899266435 * y * (3.0 * xx - yy), 2.890611442640554 * x * y * z);
  sum += pair(s.w, t.x, t.y, -0.4570457994644658 * y * (4.0 * zz - xx - yy), 0.3731763325901154 * z * (2.0 * zz - 3.0 * xx - 3.0 * yy));
  s = texelFetch(sh, at + ivec2(5, 0), 0);
  sum += pair(t.z, t.w, s.x, -0.4570457994644658 * x * (4.0 * zz - xx - yy), 1.445305721320277 * z * (xx - yy));
  return sum + pair(s.y, s.z, 0u, -0.5900435899266435 * x * (xx - 3.0 * yy), 0.0);
}

// Rows of T = J W; the slopes are held within 0.65 image sizes in the Jacobian only.
void jacobian(vec3 c, out vec3 rowU, out vec3 rowV) {
  vec2 limit = 0.65 * size / lens.xy;
  vec2 slope = clamp(c.xy / c.z, -limit, limit);
  vec2 f = lens.xy / c.z;
  rowU = f.x * rotationX.xyz - f.x * slope.x * rotationZ.xyz;
  rowV = f.y * rotationY.xyz - f.y * slope.y * rotationZ.xyz;
}

void main() {
  shape = uvec4(0u);
  look = uvec4(0u);
  ivec2 place = ivec2(gl_FragCoord.xy);
  int index = place.y * perRow + place.x;
  if (index >= count) return;
  uvec4 g = texelFetch(geometry, ivec2(2 * place.x, place.y), 0);
  vec3 mean = uintBitsToFloat(g.xyz);
  vec3 c = vec3(dot(rotationX.xyz, mean), dot(rotationY.xyz, mean), dot(rotationZ.xyz, mean))
    + vec3(rotationX.w, rotationY.w, rotationZ.w);
  if (!(c.z > near) || !finite(c.x + c.y + c.z)) return;
  if (any(lessThan(mean, cropLow)) || any(greaterThan(mean, cropHigh))) return;
  uvec4 h = texelFetch(geometry, ivec2(2 * place.x + 1, place.y), 0);
  float opacity = float(h.x >> 16) / 65535.0;
  if (!(opacity > alphaMin)) return;
  vec3 scale = exp(vec3(g.w & 0xffffu, g.w >> 16, h.x & 0xffffu) / 65535.0 * scaleRange + scaleLow);
  mat3 r = rotationOf(quaternion((h.z >> 16) & 0x7fffu, h.w));
  vec3 rowU, rowV;
  jacobian(c, rowU, rowV);
  vec3 mu = (rowU * r) * scale, mv = (rowV * r) * scale;
  float a0 = dot(mu, mu), b = dot(mu, mv), d0 = dot(mv, mv);
  // Lagrange's identity: the determinant as a sum of squares, which rounding cannot make negative.
  vec3 across = cross(mu, mv);
  float det0 = dot(across, across), det = det0 + lowPass * (a0 + d0) + lowPass * lowPass;
  if (antialiased == 1) opacity *= sqrt(det0 / det);
  if (!(det > 0.0) || !finite(det) || !(opacity > alphaMin)) return;
  float a = a0 + lowPass, d = d0 + lowPass;
  float reach = sqrt(2.0 * log(255.0 * opacity));
  vec2 extent = reach * sqrt(vec2(a, d));
  vec2 uv = lens.xy * c.xy / c.z + lens.zw;
  if (!(all(greaterThan(uv + extent, vec2(0.0))) && all(lessThan(uv - extent, size)))) return;
  // Axes of the ellipse: eigenvalues l1 >= l2 of the covariance, the eigenvector from the row that does not cancel.
  float half_ = 0.5 * (a0 - d0);
  float root = sqrt(half_ * half_ + b * b);
  float l1 = 0.5 * (a + d) + root, l2 = det / l1;
  vec2 axis = half_ >= 0.0 ? vec2(half_ + root, b) : vec2(b, root - half_);
  float along = length(axis);
  axis = along > 1e-12 * l1 ? axis * (sqrt(l1) / along) : vec2(sqrt(l1), 0.0);
  vec3 colour = 0.5 + 0.28209479177387814 * vec3(unpackHalf2x16(h.y), unpackHalf2x16(h.z & 0xffffu).x);
  if (shDegree > 0) colour += shColour(index, normalize(mean - centre));
  colour = max(colour, 0.0) * exposure;
  shape = uvec4(floatBitsToUint(uv), floatBitsToUint(opacity), floatBitsToUint(sqrt(l2)));
  look = uvec4(floatBitsToUint(axis), packHalf2x16(colour.rg), packHalf2x16(vec2(colour.b, 0.0)));
}
`;
