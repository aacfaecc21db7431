/** As nodeCrypto.d.ts: RSA signatures, for assertions as Cloudflare Access makes them. */
declare module 'node:crypto' {
  interface PublicKeyObject {
    export(options: { format: 'jwk' }): Record<string, string>;
  }
  interface PrivateKeyObject {
    readonly type: 'private';
  }
  interface Sign {
    update(data: string): Sign;
    sign(key: PrivateKeyObject): { toString(encoding: 'base64url'): string };
  }
  export function createSign(algorithm: 'RSA-SHA256'): Sign;
  export function generateKeyPairSync(
    type: 'rsa',
    options: { modulusLength: number },
  ): { publicKey: PublicKeyObject; privateKey: PrivateKeyObject };
}
