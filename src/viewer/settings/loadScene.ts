/**
 * Fetches a scene.json.
 * Invariant: never rejects; a file that is far too long for settings is not read to its end.
 */
import { type Result, fail } from '../../core/job/failure.ts';
import { type ParsedScene, parseSceneSettingsText } from '../../core/scene/sceneSettings.ts';

const mostBytes = 4 * 2 ** 20;

/**
 * @param url absolute, or relative to the page
 * @returns the settings; `offline` when nothing came, `bad-file` for what cannot be read, `cancelled` after an abort
 */
export async function loadScene(
  url: string,
  options: { withCredentials?: boolean; signal?: AbortSignal } = {},
): Promise<Result<ParsedScene>> {
  try {
    const credentials = options.withCredentials ? 'include' : 'same-origin';
    const answer = await fetch(url, { credentials, ...(options.signal && { signal: options.signal }) });
    if (!answer.ok) return fail('offline', `The server answered ${answer.status} for the scene settings.`, { file: url });
    const text = await limitedText(answer);
    if (text === null) return fail('bad-file', 'The scene settings are larger than 4 MiB.', { file: url });
    const parsed = parseSceneSettingsText(text);
    return parsed.ok ? parsed : { ok: false, failure: { ...parsed.failure, file: url } };
  } catch {
    if (options.signal?.aborted) return fail('cancelled', 'Loading the scene settings was stopped.', { file: url });
    return fail('offline', 'The scene settings could not be fetched.', { file: url });
  }
}

async function limitedText(answer: Response): Promise<string | null> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    text += part.value;
    if (text.length <= mostBytes) continue;
    await reader?.cancel();
    return null;
  }
  return text;
}
