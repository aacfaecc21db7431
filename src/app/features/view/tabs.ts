/** Keys of a row of tabs. Invariant: the answer is a tab of the row; keys that are not the row's give null. */
export function tabAfterKey<T>(tabs: readonly T[], chosen: T, key: string): T | null {
  const at = tabs.indexOf(chosen);
  const to: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
  return Object.hasOwn(to, key) ? tabs[(to[key] + tabs.length) % tabs.length] : null;
}
