/**
 * What the surface says of itself to people who do not see it, and the words of the layers around it.
 * Invariant: it takes the focus only when keys do something; its name is the alternative text.
 */
import type { AttributeReader } from './attributeReader.ts';
import type { ShadowParts } from './shadow.ts';
import type { Strings } from './strings.ts';

/** A role whose keys reach the page's script while it can be moved; a picture otherwise. */
export function dressSurface(
  { surface, instructions, hint }: Pick<ShadowParts, 'surface' | 'instructions' | 'hint'>,
  read: AttributeReader,
  strings: Strings,
): void {
  const live = read('camera-controls');
  surface.setAttribute('role', live ? 'application' : 'img');
  surface.setAttribute('aria-label', read('alt') ?? strings.unnamed);
  surface.setAttribute('aria-roledescription', strings.roleDescription);
  if (live) {
    surface.tabIndex = 0;
    surface.setAttribute('aria-describedby', instructions.id);
  } else {
    surface.removeAttribute('tabindex');
    surface.removeAttribute('aria-describedby');
  }
  const keys = read('mode') === 'fly' ? strings.flyInstructions : strings.instructions;
  instructions.textContent = live ? keys : '';
  hint.textContent = strings.prompt;
}
