/**
 * The viewer's element, fetched when something is to be viewed: the start page does not carry it.
 * Invariant: the element is defined once, whoever asks first.
 */
import { type Result, fail, ok } from '../../core/job/failure.ts';

/** Resolves when <splat-viewer> can be used. `offline` when its script could not be fetched. */
export async function defineViewer(): Promise<Result<null>> {
  try {
    const { SplatViewerElement } = await import('../../viewer/index.ts');
    if (!customElements.get('splat-viewer')) customElements.define('splat-viewer', SplatViewerElement);
    return ok(null);
  } catch {
    return fail('offline', 'The viewer could not be loaded.');
  }
}
