/**
 * Rows that go on when the database does not: it has no room for a write, or a newer version of the app took it over in another tab.
 * Invariant: what this tab was told last is what it is told again; a change that could not be kept is tried again with the next one.
 */
import type { Project } from '../../../core/project/project.ts';
import { repairedProject } from './projectRepair.ts';
import type { Rows } from './rows.ts';

export function lastingRows(rows: Rows): Rows {
  /** As last read or written; what is left when nothing can be read. */
  const known = new Map<string, Project>();
  /** Changes that are in memory only. */
  const unkept = new Map<string, Project>();

  const remember = (value: unknown): void => {
    const project = repairedProject(value);
    if (project) known.set(project.id, project);
  };

  return {
    async all() {
      try {
        const found = await rows.all();
        known.clear();
        found.forEach(remember);
      } catch {
        // What was read last still stands.
      }
      return [...new Map([...known, ...unkept]).values()];
    },
    async get(id) {
      const held = unkept.get(id);
      if (held) return held;
      try {
        const found = await rows.get(id);
        known.delete(id);
        remember(found);
        return found;
      } catch {
        return known.get(id);
      }
    },
    async put(project) {
      await rows.put(project).catch(() => void unkept.set(project.id, project));
    },
    async change(id, next) {
      const held = unkept.get(id);
      try {
        const after = held ? next(held) : null;
        const kept = after ? (await rows.put(after), after) : await rows.change(id, next);
        unkept.delete(id);
        if (kept) remember(kept);
        return kept;
      } catch {
        const before = held ?? known.get(id);
        if (!before) return null;
        const after = next(before);
        unkept.set(id, after);
        return after;
      }
    },
    async remove(id) {
      known.delete(id);
      unkept.delete(id);
      await rows.remove(id).catch(() => undefined);
    },
    edits: rows.edits,
    putEdits: rows.putEdits,
  };
}
