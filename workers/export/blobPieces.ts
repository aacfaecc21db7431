/** A Blob's bytes piece by piece. Invariant: only one piece is in memory at a time. */
const pieceBytes = 1 << 22;

export async function* blobPieces(blob: Blob, size = pieceBytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let from = 0; from < blob.size; from += size) yield new Uint8Array(await blob.slice(from, from + size).arrayBuffer());
}
