/** Names for project files. Invariant: every file system takes them, and the ending tells the kind. */
import { archiveEnding } from '../../../core/project/archive.ts';

/** Characters that some file system refuses in names. */
// eslint-disable-next-line no-control-regex
const refused = /[\u0000-\u001f\u007f<>:"/\\|?*]+/g;

/** The name of a project as that of its file. */
export function projectFileName(name: string): string {
  const clean = name
    .replace(refused, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 80);
  return `${clean.trim() || 'splat'}${archiveEnding}`;
}
