/**
 * The editor's keys.
 * Invariant: where something is typed, keys are the field's own; only Escape leaves the tool from there too.
 */
export type Shortcut = 'undo' | 'redo' | 'delete' | 'leave' | 'smaller' | 'larger';

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'target' | 'defaultPrevented'>;

/** Inputs that hold text; sliders, checkboxes and colours do not. */
const typed = 'input:not([type=range], [type=checkbox], [type=radio], [type=color]), textarea, select, [contenteditable]';
const isTyping = (target: EventTarget | null): boolean => (target as Element | null)?.closest?.(typed) instanceof Element;

const plainKeys: Record<string, Shortcut> = { Delete: 'delete', Backspace: 'delete', '[': 'smaller', ']': 'larger' };

/** What a key asks for; null for none of ours. */
export function shortcutOf(event: Pressed): Shortcut | null {
  const { key, ctrlKey, metaKey, shiftKey, altKey, target } = event;
  if (event.defaultPrevented || altKey) return null;
  if (key === 'Escape') return 'leave';
  if (isTyping(target)) return null;
  if (ctrlKey || metaKey) {
    const letter = key.toLowerCase();
    if (letter === 'z') return shiftKey ? 'redo' : 'undo';
    return letter === 'y' && !shiftKey ? 'redo' : null;
  }
  return Object.hasOwn(plainKeys, key) ? plainKeys[key] : null;
}
