// Products of descriptor pieces where the language has packed integer dot products (one instruction for four elements on most GPUs).
// A piece is 16 elements of a descriptor: a vec4u of bytes. Invariant: exact integers.
requires packed_4x8_integer_dot_product;
alias Piece = vec4u;
alias Products = vec4u;

fn piece_of(bytes: vec4u) -> Piece { return bytes; }

fn product(a: Piece, b: Piece) -> u32 {
  return dot4U8Packed(a.x, b.x) + dot4U8Packed(a.y, b.y) + dot4U8Packed(a.z, b.z) + dot4U8Packed(a.w, b.w);
}

fn products(a: Piece, b0: Piece, b1: Piece, b2: Piece, b3: Piece) -> Products {
  return vec4u(product(a, b0), product(a, b1), product(a, b2), product(a, b3));
}
