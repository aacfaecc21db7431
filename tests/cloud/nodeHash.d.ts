/** As nodeCrypto.d.ts: Node's hash, for the photos that the tests make. */
declare module 'node:crypto' {
  interface Hash {
    update(data: Uint8Array): Hash;
    digest(encoding: 'hex'): string;
  }
  export function createHash(hash: 'sha256'): Hash;
}
