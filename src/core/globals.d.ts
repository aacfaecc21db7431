/**
 * The few global names the engine may use besides the language itself: they exist alike in pages, workers and Node.
 * Invariant: only tsconfig.core.json reads this file; every other environment brings its own, fuller types.
 */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView | ArrayBufferLike, options?: { stream?: boolean }): string;
}

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
  throwIfAborted(): void;
}

/** A number in pages and workers, an object in Node: only good for handing back to clearTimeout. */
interface TimerId {
  readonly opaque: never;
}

declare function setTimeout(callback: (...none: never[]) => void, delayMs?: number): TimerId;
declare function clearTimeout(id: TimerId | undefined): void;
declare function queueMicrotask(callback: () => void): void;

/** What WebGPU's types take for bytes. */
type BufferSource = ArrayBufferView | ArrayBufferLike;

/** For choosing among variants by measuring; results never depend on it. */
declare const performance: { now(): number };

declare function atob(base64: string): string;

/** Absent in pages that were not loaded over a secure connection. */
declare const crypto: { readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> } };
