// Products of descriptor pieces in f32, for devices without packed integer dot products.
// A piece is 16 elements of a descriptor. Invariant: exact integers, in whatever order the sums are taken and with or without fused
// operations: no partial sum exceeds 128 * 255^2 < 2^24.
alias Piece = mat4x4f;
alias Products = vec4f;

fn elements(bytes: u32) -> vec4f { return vec4f((vec4u(bytes) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u)); }

fn piece_of(bytes: vec4u) -> Piece { return Piece(elements(bytes.x), elements(bytes.y), elements(bytes.z), elements(bytes.w)); }

fn product(a: Piece, b: Piece) -> f32 { return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3]); }

fn products(a: Piece, b0: Piece, b1: Piece, b2: Piece, b3: Piece) -> Products {
  return vec4f(product(a, b0), product(a, b1), product(a, b2), product(a, b3));
}
