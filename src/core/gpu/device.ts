/**
 * Device: one WebGPU device with explicit limits, its loss as an event and a running count of the bytes allocated through it.
 * Invariant: nothing above WebGPU's default limits is needed; larger limits and optional features are taken when the adapter has them.
 */
import { type Result, fail, ok } from '../job/failure.ts';

export interface Gpu {
  device: GPUDevice;
  /** Vendor, architecture and driver in words, e.g. "mesa llvmpipe (LLVM 15.0.6, 256 bits)". */
  adapterName: string;
  hasTimestamps: boolean;
  /** The adapter is a program on the CPU: every pixel costs, and many small shapes cost little. */
  isSoftware: boolean;
  /** Smallest subgroup the adapter may use; 0 without the feature. */
  minSubgroup: number;
  /** Resolves when the device is lost; the reason is 'destroyed' after dispose(). */
  lost: Promise<GPUDeviceLostInfo>;
  /**
   * As lost, for those that may end before the device does: the returned function forgets the listener, which a promise never would. One that
   * comes too late is told at once.
   */
  onLost(listener: (message: string) => void): () => void;
  /** Bytes in live buffers and textures made by createBuffer()/countBytes(), and their highest value so far. */
  memory: { liveBytes: number; peakBytes: number };
  dispose(): void;
}

export interface OpenGpuOptions {
  /** Take only the default limits and no optional feature: what the smallest device offers. */
  portableFloor?: boolean;
}

const wantedFeatures: GPUFeatureName[] = ['timestamp-query', 'subgroups', 'float32-blendable'];
const wantedLimits = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize', 'maxTextureDimension2D'] as const;

/** Opens a device on the platform's best adapter. Fails with `gpu-missing` when there is none. */
export async function openGpu(api: GPU | undefined, options: OpenGpuOptions = {}): Promise<Result<Gpu>> {
  if (!api) return fail('gpu-missing', 'This browser has no WebGPU.');
  const adapter = await api.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return fail('gpu-missing', 'WebGPU is present but offers no adapter.');
  const features = options.portableFloor ? [] : wantedFeatures.filter((name) => adapter.features.has(name));
  const requiredLimits: Record<string, number> = {};
  if (!options.portableFloor) for (const name of wantedLimits) requiredLimits[name] = adapter.limits[name];
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredFeatures: features, requiredLimits });
  } catch (error) {
    return fail('gpu-missing', `The adapter gave no device: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { vendor, architecture, description } = adapter.info;
  const listeners = new Set<(message: string) => void>();
  let lostMessage: string | null = null;
  void device.lost.then(({ message }) => {
    lostMessage = message;
    listeners.forEach((tell) => tell(message));
  });
  return ok({
    device,
    adapterName: [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed adapter',
    isSoftware: adapter.info.isFallbackAdapter,
    hasTimestamps: device.features.has('timestamp-query'),
    minSubgroup: device.features.has('subgroups') ? (adapter.info.subgroupMinSize ?? 0) : 0,
    lost: device.lost,
    onLost(listener) {
      const message = lostMessage;
      if (message !== null) queueMicrotask(() => listener(message));
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    memory: { liveBytes: 0, peakBytes: 0 },
    dispose: () => device.destroy(),
  });
}
