/** The part of Node's crypto that the tests use as a second implementation; workerd has it by nodejs_compat, the Workers types do not. */
declare module 'node:crypto' {
  interface Ecdh {
    generateKeys(): Uint8Array;
    setPrivateKey(key: Uint8Array): void;
    getPrivateKey(): Uint8Array;
    getPublicKey(): Uint8Array;
    computeSecret(other: Uint8Array): Uint8Array;
  }
  interface Decipher {
    setAuthTag(tag: Uint8Array): void;
    update(data: Uint8Array): Uint8Array;
    final(): Uint8Array;
  }
  interface Hmac {
    update(data: string): Hmac;
    digest(encoding: 'base64' | 'hex'): string;
  }
  interface Verify {
    update(data: string): Verify;
    verify(key: { key: string; dsaEncoding: 'ieee-p1363' }, signature: Uint8Array): boolean;
  }
  export function createECDH(curve: 'prime256v1'): Ecdh;
  export function createDecipheriv(algorithm: 'aes-128-gcm', key: Uint8Array, nonce: Uint8Array): Decipher;
  export function createHmac(hash: 'sha256', key: Uint8Array): Hmac;
  export function createVerify(hash: 'sha256'): Verify;
  export function hkdfSync(hash: 'sha256', key: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): ArrayBuffer;
  export function randomBytes(bytes: number): Uint8Array;
}
