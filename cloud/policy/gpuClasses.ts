/**
 * What GPUs there are, what each costs where, and what a provider can hold: the figures that the cost policy works with.
 * Invariant: every figure has its source; those that are our judgement say so.
 *
 * Prices are in millionths of a US dollar per second:
 * - runpod: "flex" workers (runpod.io/pricing); modal: modal.com/pricing, 2026; replicate: replicate.com/pricing, gpu-l40s, -a100-large, -h100.
 * - vast: a market. The figures are the most that we offer, our judgement after the going rates of 2026; spot is what we bid at most.
 * - Only vast has spot capacity at another price. Modal may interrupt any GPU function at its one price. RunPod's `lowPriority` is no such
 *   offer (providers/runpod.ts).
 * Speeds are relative to an A100. Measured by gsplat's authors: A100 19.4 min and TITAN RTX 35.8 min for the same 30,000 steps
 * (docs/source/tests/eval.rst), i.e. 0.54 for a card of 672 GB/s. The others are our judgement after memory bandwidth and FP32 rate, and
 * want measuring.
 */
import type { ProviderId } from '../providers/adapter.ts';

export interface Price {
  onDemand: number;
  /** Null: the provider has no such offer. */
  spot: number | null;
}

export interface GpuClass {
  name: string;
  memoryGb: number;
  speed: number;
  price: Partial<Record<ProviderId, Price>>;
  /** As Modal calls it. */
  modalName?: string;
  /** As Vast.ai calls it. */
  vastNames?: string[];
}

const fixed = (onDemand: number): Price => ({ onDemand, spot: null });

export const gpuClasses: readonly GpuClass[] = [
  {
    name: 'l4',
    memoryGb: 24,
    speed: 0.35,
    price: { runpod: fixed(190), modal: fixed(222), vast: { onDemand: 90, spot: 45 } },
    modalName: 'L4',
    vastNames: ['L4'],
  },
  {
    name: 'rtx-3090',
    memoryGb: 24,
    speed: 0.55,
    price: { runpod: fixed(190), vast: { onDemand: 90, spot: 45 } },
    vastNames: ['RTX 3090', 'RTX 3090 Ti'],
  },
  { name: 'a10', memoryGb: 24, speed: 0.5, price: { modal: fixed(306) }, modalName: 'A10' },
  {
    name: 'rtx-4090',
    memoryGb: 24,
    speed: 1,
    price: { runpod: fixed(310), vast: { onDemand: 170, spot: 90 } },
    vastNames: ['RTX 4090'],
  },
  {
    name: 'l40s',
    memoryGb: 48,
    speed: 0.9,
    price: { runpod: fixed(530), modal: fixed(542), replicate: fixed(975), vast: { onDemand: 300, spot: 160 } },
    modalName: 'L40S',
    vastNames: ['L40S'],
  },
  {
    name: 'a100-80',
    memoryGb: 80,
    speed: 1,
    price: { runpod: fixed(760), modal: fixed(694), replicate: fixed(1400), vast: { onDemand: 400, spot: 220 } },
    modalName: 'A100-80GB',
    vastNames: ['A100 SXM4', 'A100 PCIE'],
  },
  {
    name: 'h100',
    memoryGb: 80,
    speed: 1.4,
    price: { runpod: fixed(1160), modal: fixed(1097), replicate: fixed(1525), vast: { onDemand: 800, spot: 450 } },
    modalName: 'H100',
    vastNames: ['H100 SXM', 'H100 PCIE', 'H100 NVL'],
  },
];

export const gpuClassOf = (name: string): GpuClass | undefined => gpuClasses.find((gpu) => gpu.name === name);

/** The class of machines that nobody bills: what they are is not known until one asks for work. */
export const ownClass = 'own';
/** Lowest and highest speed of such a machine, our judgement: a laptop's GPU, a good desktop's. */
export const ownSpeed: [number, number] = [0.1, 1];

export interface ProviderTraits {
  /** Nobody bills it. */
  free: boolean;
  /** The longest run that it allows, in seconds, where that is less than ours. */
  maxRunSeconds: number;
  /** From the order to the trainer's first step, lowest and highest, in seconds: a warm worker, a cold one that fetches the image. */
  startSeconds: [number, number];
}

export const providerTraits: Record<ProviderId, ProviderTraits> = {
  local: { free: true, maxRunSeconds: Infinity, startSeconds: [1, 20] },
  pull: { free: true, maxRunSeconds: Infinity, startSeconds: [1, 20] },
  runpod: { free: false, maxRunSeconds: 7 * 86_400, startSeconds: [5, 240] },
  modal: { free: false, maxRunSeconds: 86_400, startSeconds: [5, 240] },
  // "Predictions time out after running for 30 minutes" (replicate.com/docs/topics/predictions/lifecycle).
  replicate: { free: false, maxRunSeconds: 1800, startSeconds: [5, 300] },
  vast: { free: false, maxRunSeconds: Infinity, startSeconds: [10, 600] },
};
