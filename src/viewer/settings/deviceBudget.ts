/** How many splats this device shows fluently. Invariant: nothing is read before the call. */
import { splatBudget } from '../../core/scene/sceneSettingsFiles.ts';

/** Only some browsers tell these. */
interface TellingNavigator {
  deviceMemory?: number;
  connection?: { saveData?: boolean };
  userAgentData?: { mobile?: boolean };
}

export function deviceBudget(backend: 'webgpu' | 'webgl2'): number {
  const telling = navigator as TellingNavigator;
  return splatBudget({
    backend,
    handheld: telling.userAgentData?.mobile ?? matchMedia('(pointer: coarse) and (hover: none)').matches,
    memoryGiB: telling.deviceMemory ?? null,
    saveData: telling.connection?.saveData ?? false,
  });
}
