/**
 * An owner's own files, for the export: photos as they were sent, models as they are served.
 * Invariant: nothing of a deleted project or owner is found.
 */
import type { OutputKind } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { servedKinds } from '../policy/objectKeys.ts';

export interface OwnFile {
  ownerId: string;
  key: string;
  bytes: number;
  sha256: string;
}

const there = "p.status = 'active' AND o.deleted_at IS NULL";
const served = servedKinds.map((kind) => `'${kind}'`).join(', ');

export interface OwnPhoto extends OwnFile {
  type: string;
  position: number;
}

export function ownPhoto(cloud: Cloud, projectId: string, sha256: string): Promise<OwnPhoto | null> {
  const query =
    'SELECT k.owner_id AS ownerId, k.object_key AS key, k.bytes, k.sha256, k.type, k.position FROM photos k' +
    ' JOIN projects p ON p.id = k.project_id JOIN owners o ON o.id = k.owner_id' +
    ` WHERE k.project_id = ?1 AND k.sha256 = ?2 AND k.status = 'stored' AND ${there}`;
  return cloud.db.prepare(query).bind(projectId, sha256).first<OwnPhoto>();
}

export function ownModelFile(cloud: Cloud, modelId: string, kind: string): Promise<(OwnFile & { kind: OutputKind }) | null> {
  const query =
    'SELECT m.owner_id AS ownerId, f.object_key AS key, f.bytes, f.sha256, f.kind FROM model_files f JOIN models m ON m.id = f.model_id' +
    ' JOIN projects p ON p.id = m.project_id JOIN owners o ON o.id = m.owner_id' +
    ` WHERE m.id = ?1 AND f.kind = ?2 AND f.kind IN (${served}) AND m.status = 'ready' AND f.status = 'stored' AND ${there}`;
  return cloud.db.prepare(query).bind(modelId, kind).first<OwnFile & { kind: OutputKind }>();
}
