/** The viewer's single file, which exported pages hold. Invariant: fetched once, when the first page is asked for. */
import { type Result, fail, ok } from '../../core/job/failure.ts';

let fetched: Promise<Result<string>> | null = null;

async function fetchText(): Promise<Result<string>> {
  try {
    const answer = await fetch(new URL('viewer/splat-viewer-single.js', document.baseURI));
    const isScript = /javascript/.test(answer.headers.get('content-type') ?? '');
    if (answer.ok && isScript) return ok(await answer.text());
    return fail('offline', `The viewer for the page could not be fetched (${answer.status}).`);
  } catch {
    return fail('offline', 'The viewer for the page could not be fetched.');
  }
}

/** Its text. `offline` when it cannot be had; the next call tries again. */
export async function singleViewer(): Promise<Result<string>> {
  fetched ??= fetchText();
  const text = await fetched;
  if (!text.ok) fetched = null;
  return text;
}
