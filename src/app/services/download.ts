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
