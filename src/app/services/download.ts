/** Hands a file to the person. Invariant: the Blob's bytes are never read here; the browser streams them to disk. */

export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the address by then; at once would be too early for some.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Chromium's dialog that asks where to save. */
type SavePicker = (options: { suggestedName: string }) => Promise<{
  createWritable(): Promise<WritableStream<Uint8Array> & { abort(): Promise<void> }>;
}>;

/** From here on a second copy of the file, in the downloads, is worth a question. */
const largeBytes = 64e6;

/**
 * Saves a file: small ones into the downloads, large ones where the person says, where the browser can ask. Call it in answer to a click.
 * False when the person closed the dialog.
 */
export async function saveFile(file: Blob, name: string): Promise<boolean> {
  const ask = (globalThis as { showSaveFilePicker?: SavePicker }).showSaveFilePicker;
  if (!ask || file.size < largeBytes) {
    download(file, name);
    return true;
  }
  try {
    const handle = await ask({ suggestedName: name });
    await file.stream().pipeTo(await handle.createWritable());
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return false;
    // The click is too long ago, or the disk refuses: the downloads may still work.
    download(file, name);
  }
  return true;
}
