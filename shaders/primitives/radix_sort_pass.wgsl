// What every variant of a radix sort's pass is given: the bindings, sizes and block count. Put before the variant.
// bindings: 0 pass (uniform), 1 counts (read): [0] = number of pairs, 2 keys_in (read), 3 values_in (read), 4 histograms (write; read in
//           scatter), 5 keys_out (write), 6 values_out (write)
// What differs from pass to pass is a uniform, not an override: one pipeline for all passes, since compiling can take a second.
// histograms: [digit][block], so that its prefix sum is each block's first position for each digit.
// Invariant: a workgroup owns GROUP * ITEMS consecutive pairs, whatever the variant; pairs with equal digits keep their order.
override GROUP: u32;
override ITEMS: u32;
override DIGITS: u32;
override TABLE: u32; // entries of the variant's table in workgroup memory
struct Pass {
  shift: u32,
  iota: u32, // 1: the values are the positions (values_in is not read)
}
@group(0) @binding(0) var<uniform> sort_pass: Pass;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> keys_in: array<u32>;
@group(0) @binding(3) var<storage, read> values_in: array<u32>;
@group(0) @binding(4) var<storage, read_write> histograms: array<u32>;
@group(0) @binding(5) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(6) var<storage, read_write> values_out: array<u32>;

fn blocks_of(n: u32) -> u32 { return (n + GROUP * ITEMS - 1u) / (GROUP * ITEMS); }
fn digit_of(key: u32) -> u32 { return (key >> sort_pass.shift) & (DIGITS - 1u); }
