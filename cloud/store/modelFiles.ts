/**
 * What is served of a model: its files, by its id.
 * Invariant: only a model that is complete, of a project that is not deleted, has files here.
 */
import type { OutputKind } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { cached } from './kvCache.ts';

export interface ServedFile {
  kind: OutputKind;
  key: string;
  bytes: number;
  sha256: string;
}

export interface ServedModel {
  id: string;
  projectId: string;
  ownerId: string;
  files: ServedFile[];
}

interface Row {
  kind: OutputKind;
  key: string;
  bytes: number;
  sha256: string;
  projectId: string;
  ownerId: string;
}

const query = `SELECT f.kind, f.object_key AS key, f.bytes, f.sha256, m.project_id AS projectId, m.owner_id AS ownerId
  FROM models m JOIN model_files f ON f.model_id = m.id JOIN projects p ON p.id = m.project_id
  WHERE m.id = ?1 AND m.status = 'ready' AND f.status = 'stored' AND p.status = 'active'`;

async function read(cloud: Cloud, id: string): Promise<ServedModel | null> {
  const { results } = await cloud.db.prepare(query).bind(id).all<Row>();
  const first = results.at(0);
  if (!first) return null;
  const files = results.map(({ kind, key, bytes, sha256 }) => ({ kind, key, bytes, sha256 }));
  return { id, projectId: first.projectId, ownerId: first.ownerId, files };
}

export const servedModel = (cloud: Cloud, id: string): Promise<ServedModel | null> => cached(cloud, `model:${id}`, () => read(cloud, id));

/** The newest complete model of a project; null while there is none. */
export async function newestModel(cloud: Cloud, projectId: string): Promise<ServedModel | null> {
  const newest = "SELECT id FROM models WHERE project_id = ?1 AND status = 'ready' ORDER BY created_at DESC LIMIT 1";
  const row = await cloud.db.prepare(newest).bind(projectId).first<{ id: string }>();
  return row && servedModel(cloud, row.id);
}
