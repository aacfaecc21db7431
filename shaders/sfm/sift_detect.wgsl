// Strict extrema of the difference of Gaussians over 26 neighbours, at three levels of one octave (Lowe 2004, section 3.1).
// bindings: 0 step, 1-6 gaussian0..5 (read, vec4f), 7 raw (rw)
// gaussian1..3 hold all octaves behind each other, this one from in_offset; the others this octave only.
// One invocation takes 4 px of 16 rows, and keeps what the row above has left: each px is loaded once, its side neighbours once more.
// Invariants: px of the border are never extrema; the order in raw is arbitrary; raw.counts tells all found, also beyond the capacity.
const RUN = 16u;

struct Raw { counts: array<atomic<u32>, 16>, items: array<u32> }

@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> gaussian0: array<vec4f>;
@group(0) @binding(2) var<storage, read> gaussian1: array<vec4f>;
@group(0) @binding(3) var<storage, read> gaussian2: array<vec4f>;
@group(0) @binding(4) var<storage, read> gaussian3: array<vec4f>;
@group(0) @binding(5) var<storage, read> gaussian4: array<vec4f>;
@group(0) @binding(6) var<storage, read> gaussian5: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> raw: Raw;

// Of one row of four px, by level 1..3: the DoG, the most and the least of all nine values (three px, three levels), and of the eight
// without the px itself.
struct Row {
  dog1: vec4f, dog2: vec4f, dog3: vec4f,
  most1: vec4f, most2: vec4f, most3: vec4f,
  least1: vec4f, least2: vec4f, least3: vec4f,
  rest_most1: vec4f, rest_most2: vec4f, rest_most3: vec4f,
  rest_least1: vec4f, rest_least2: vec4f, rest_least3: vec4f,
}

// The px to the left of the four, the four, the px to the right.
struct Six { left: f32, mid: vec4f, right: f32 }

fn minus(a: Six, b: Six) -> Six { return Six(a.left - b.left, a.mid - b.mid, a.right - b.right); }
fn before(a: Six) -> vec4f { return vec4f(a.left, a.mid.xyz); }
fn after(a: Six) -> vec4f { return vec4f(a.mid.yzw, a.right); }

fn row_at(y: u32, column: u32) -> Row {
  let stride = step.stride / 4u;
  let i = y * stride + column;
  let l = select(i - 1u, i, column == 0u);
  let r = select(i + 1u, i, column + 1u == stride);
  let k = step.in_offset / 4u;
  let g0 = Six(gaussian0[l].w, gaussian0[i], gaussian0[r].x);
  let g1 = Six(gaussian1[k + l].w, gaussian1[k + i], gaussian1[k + r].x);
  let g2 = Six(gaussian2[k + l].w, gaussian2[k + i], gaussian2[k + r].x);
  let g3 = Six(gaussian3[k + l].w, gaussian3[k + i], gaussian3[k + r].x);
  let g4 = Six(gaussian4[l].w, gaussian4[i], gaussian4[r].x);
  let g5 = Six(gaussian5[l].w, gaussian5[i], gaussian5[r].x);
  let d0 = minus(g1, g0);
  let d1 = minus(g2, g1);
  let d2 = minus(g3, g2);
  let d3 = minus(g4, g3);
  let d4 = minus(g5, g4);
  let side_most1 = max(before(d1), after(d1));
  let side_most2 = max(before(d2), after(d2));
  let side_most3 = max(before(d3), after(d3));
  let side_least1 = min(before(d1), after(d1));
  let side_least2 = min(before(d2), after(d2));
  let side_least3 = min(before(d3), after(d3));
  let most0 = max(max(before(d0), after(d0)), d0.mid);
  let most1 = max(side_most1, d1.mid);
  let most2 = max(side_most2, d2.mid);
  let most3 = max(side_most3, d3.mid);
  let most4 = max(max(before(d4), after(d4)), d4.mid);
  let least0 = min(min(before(d0), after(d0)), d0.mid);
  let least1 = min(side_least1, d1.mid);
  let least2 = min(side_least2, d2.mid);
  let least3 = min(side_least3, d3.mid);
  let least4 = min(min(before(d4), after(d4)), d4.mid);
  let rest_most1 = max(side_most1, max(most0, most2));
  let rest_most2 = max(side_most2, max(most1, most3));
  let rest_most3 = max(side_most3, max(most2, most4));
  let rest_least1 = min(side_least1, min(least0, least2));
  let rest_least2 = min(side_least2, min(least1, least3));
  let rest_least3 = min(side_least3, min(least2, least4));
  return Row(
    d1.mid, d2.mid, d3.mid,
    max(rest_most1, d1.mid), max(rest_most2, d2.mid), max(rest_most3, d3.mid),
    min(rest_least1, d1.mid), min(rest_least2, d2.mid), min(rest_least3, d3.mid),
    rest_most1, rest_most2, rest_most3,
    rest_least1, rest_least2, rest_least3,
  );
}

fn append(x: u32, y: u32, level: u32) {
  let slot = atomicAdd(&raw.counts[step.octave_slot], 1u);
  if (slot < step.raw_capacity) { raw.items[slot] = x | (y << 14u) | (level << 28u); }
}

// Bits 0..3: which of the four px are extrema.
fn extrema(inside: vec4<bool>, dog: vec4f, most: vec4f, least: vec4f) -> u32 {
  let top = (dog > most) & (dog >= vec4f(step.raw_threshold));
  let bottom = (dog < least) & (dog <= vec4f(-step.raw_threshold));
  return dot(select(vec4u(0u), vec4u(1u, 2u, 4u, 8u), inside & (top | bottom)), vec4u(1u));
}

@compute @workgroup_size(64)
fn sift_detect(@builtin(global_invocation_id) id: vec3u) {
  let x = id.x * 4u;
  if (x >= step.width) { return; }
  let columns = vec4u(x) + vec4u(0u, 1u, 2u, 3u);
  let inside = (columns >= vec4u(1u)) & (columns < vec4u(step.width - 1u));
  let first = max(id.y * RUN, 1u);
  let end = min(id.y * RUN + RUN, step.height - 1u);
  var above = Row();
  var here = Row();
  // One place that makes rows keeps the kernel small: the first two rounds only fill the rows above and here.
  for (var y = first - 1u; y <= end; y++) {
    let below = row_at(y, id.x);
    if (y > first) {
      let hits1 = extrema(inside, here.dog1, max(here.rest_most1, max(above.most1, below.most1)), min(here.rest_least1, min(above.least1, below.least1)));
      let hits2 = extrema(inside, here.dog2, max(here.rest_most2, max(above.most2, below.most2)), min(here.rest_least2, min(above.least2, below.least2)));
      let hits3 = extrema(inside, here.dog3, max(here.rest_most3, max(above.most3, below.most3)), min(here.rest_least3, min(above.least3, below.least3)));
      for (var hits = hits1 | (hits2 << 4u) | (hits3 << 8u); hits != 0u; hits &= hits - 1u) {
        let k = firstTrailingBit(hits);
        append(x + (k & 3u), y - 1u, (k >> 2u) + 1u);
      }
    }
    above = here;
    here = below;
  }
}
