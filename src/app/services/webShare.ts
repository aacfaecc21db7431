/**
 * Hands a file to another app through the system's own sheet.
 * Invariant: nothing is offered that the browser says it will refuse; never rejects.
 */

export type ShareOutcome = 'shared' | 'cancelled' | 'again' | 'refused';

const asFile = (blob: Blob, name: string): File => new File([blob], name, { type: blob.type });

/** Whether files of this name and type can be shared here. Browsers judge by both. */
export function canShareFile(name: string, type: string): boolean {
  try {
    return navigator.canShare?.({ files: [new File([''], name, { type })] }) ?? false;
  } catch {
    return false;
  }
}

/** Call it in answer to a click. `again`: the click is too long ago, another one will do. */
export async function shareFile(blob: Blob, name: string): Promise<ShareOutcome> {
  try {
    await navigator.share({ files: [asFile(blob, name)] });
    return 'shared';
  } catch (error) {
    const why = error instanceof DOMException ? error.name : '';
    return why === 'AbortError' ? 'cancelled' : why === 'NotAllowedError' ? 'again' : 'refused';
  }
}
