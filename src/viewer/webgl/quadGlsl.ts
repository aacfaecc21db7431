/**
 * GLSL that draws: one triangle over everything for passes that touch every pixel, the splats' quads with the exact Gaussian falloff, and
 * the step from the blended splats to the picture with its background.
 * Invariant: the accumulated picture is premultiplied, its rows from the bottom as the canvas's.
 */

/** Splats drawn by one instance: few large instances are cheaper than many of four vertices. */
export const splatsPerInstance = 128;

export const coverGlsl = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
`;

export const quadVertexGlsl = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform usampler2D order, shapes, looks;
uniform int count, orderShift, splatShift;
uniform vec2 size;
out vec2 local;          // in standard deviations along the axes
flat out vec4 colour;    // and opacity

void main() {
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  local = vec2(0.0);
  colour = vec4(0.0);
  int slot = gl_InstanceID * ${splatsPerInstance} + (gl_VertexID >> 2);
  if (slot >= count) return;
  int index = int(texelFetch(order, ivec2(slot & ((1 << orderShift) - 1), slot >> orderShift), 0).x);
  ivec2 at = ivec2(index & ((1 << splatShift) - 1), index >> splatShift);
  vec4 shape = uintBitsToFloat(texelFetch(shapes, at, 0));
  if (!(shape.z > 0.0)) return;
  uvec4 look = texelFetch(looks, at, 0);
  // A little more than the ellipse where alpha is 1/255, so that rounding cannot cut its rim.
  float reach = 1.001 * sqrt(2.0 * log(255.0 * shape.z));
  local = reach * vec2((gl_VertexID & 1) == 0 ? -1.0 : 1.0, (gl_VertexID & 2) == 0 ? -1.0 : 1.0);
  vec2 first = uintBitsToFloat(look.xy);
  vec2 second = normalize(vec2(-first.y, first.x)) * shape.w;
  vec2 pixel = shape.xy + local.x * first + local.y * second;
  gl_Position = vec4(2.0 * pixel.x / size.x - 1.0, 1.0 - 2.0 * pixel.y / size.y, 0.0, 1.0);
  colour = vec4(unpackHalf2x16(look.z), unpackHalf2x16(look.w).x, shape.z);
}
`;

export const quadFragmentGlsl = `#version 300 es
precision highp float;

in vec2 local;
flat in vec4 colour;
out vec4 result;

void main() {
  float alpha = min(0.999, colour.a * exp(-0.5 * dot(local, local)));
  if (alpha < 1.0 / 255.0) discard;
  result = vec4(colour.rgb * alpha, alpha);
}
`;

export const resolveGlsl = `#version 300 es
precision highp float;
precision highp int;

uniform highp sampler2D blended;
uniform vec4 background;   // straight alpha
uniform int straight;      // 1: straight alpha, rows from the top
uniform ivec2 corner;
out vec4 result;

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy) - corner;
  if (straight == 1) at.y = textureSize(blended, 0).y - 1 - at.y;
  vec4 front = texelFetch(blended, at, 0);
  vec4 all_ = front + (1.0 - front.a) * vec4(background.rgb * background.a, background.a);
  if (straight == 1) all_.rgb = all_.a > 0.0 ? all_.rgb / all_.a : vec3(0.0);
  result = all_;
}
`;
