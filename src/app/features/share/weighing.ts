/**
 * One export as the panel sees it: the file is read once, quick formats are written ahead so that their sizes are known and saving is instant.
 * Invariant: at most one format is written ahead at a time, so that what the person asks for waits for no more than that one.
 */
import type { ExportSummary, PageWish } from '../../../../workers/export/messages.ts';
import type { SaveFormat } from '../../../../workers/protocol.ts';
import { type Failure, type Result, fail } from '../../../core/job/failure.ts';
import type { EditOperation } from '../../../core/scene/edit/operations.ts';
import type { ExportClient } from '../../services/exportClient.ts';

export type CreateExport = (source: { file: Blob; fileName: string; edits: readonly EditOperation[] }) => ExportClient;

export interface WeighedExport {
  encode(format: SaveFormat): Promise<Result<Blob>>;
  page(wish: PageWish): Promise<Result<Blob>>;
  dispose(): void;
}

export interface WeighHooks {
  opened(summary: ExportSummary): void;
  /** A format's size to the byte. */
  weighed(format: SaveFormat, bytes: number): void;
  failed(failure: Failure): void;
}

export interface WeighSource {
  source: () => Promise<Result<Blob>>;
  fileName: string;
  edits: readonly EditOperation[];
}

export function weighExport({ source, fileName, edits }: WeighSource, create: CreateExport, hooks: WeighHooks): WeighedExport {
  let over = false;

  const client: Promise<Result<ExportClient>> = source().then((file) => {
    if (over) return fail('cancelled', 'The panel was closed.');
    return file.ok ? { ok: true, value: create({ file: file.value, fileName, edits }) } : file;
  });

  async function encode(format: SaveFormat): Promise<Result<Blob>> {
    const made = await client;
    const file = made.ok ? await made.value.encode(format) : made;
    if (file.ok && !over) hooks.weighed(format, file.value.size);
    return file;
  }

  async function begin(): Promise<void> {
    const made = await client;
    const opened = made.ok ? await made.value.opened : made;
    if (over) return;
    if (!opened.ok) return hooks.failed(opened.failure);
    hooks.opened(opened.value);
    for (const format of opened.value.ahead) {
      if (over) return;
      await encode(format);
    }
  }
  void begin();

  return {
    encode,
    async page(wish) {
      const made = await client;
      return made.ok ? made.value.page(wish) : made;
    },
    dispose() {
      over = true;
      void client.then((made) => made.ok && made.value.dispose());
    },
  };
}
