/**
 * One edited splat: what the operations have left of it, what is selected, and what a preview would take.
 * Invariant: what is gone is never selected; a preview changes nothing but what is shown.
 */
import { createSceneSummary } from '../../src/core/formats/decode/sceneSummary.ts';
import { readSplats } from '../../src/core/formats/readSplats.ts';
import { type Result, ok } from '../../src/core/job/failure.ts';
import { bitsOfMask } from '../../src/core/scene/edit/bits.ts';
import { type EditableSplats, createEditKeeper } from '../../src/core/scene/edit/editedState.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { type PackedSplats, packSplats } from '../../src/core/view/packedSplats.ts';
import { blobPieces } from '../export/blobPieces.ts';
import { extentAlong } from './extent.ts';
import { findGround } from './findGround.ts';
import type { EditQuestion, EditQuestions, OpenedEdit, Preview, ShownStates } from './messages.ts';
import { splatStates } from './messages.ts';
import { createPointing } from './pointing.ts';
import { createPreviewer } from './previewer.ts';

export interface EditSession {
  answer(question: EditQuestion): EditQuestions[keyof EditQuestions]['answer'];
}

/** Splats so large that the viewer leaves them out of a file it shows; they stay in the file. */
function giantsOf({ count, logScales }: Splats, packed: PackedSplats): Uint32Array {
  const summary = createSceneSummary();
  const largest = Float32Array.from({ length: count }, (_, i) => Math.max(logScales[3 * i], logScales[3 * i + 1], logScales[3 * i + 2]));
  summary.add(packed, largest);
  return summary.finish().gigantic;
}

export function createEditSession(splats: EditableSplats, giants: Uint32Array = new Uint32Array()): EditSession {
  const { count } = splats;
  const keeper = createEditKeeper(splats);
  const pointing = createPointing(splats);
  const previewer = createPreviewer(splats);
  const selected = new Uint8Array(count);
  let operations: EditOperation[] = [];
  let preview: Preview | null = null;

  function shown(): ShownStates {
    const { hidden } = keeper.state;
    const wouldGo = preview && previewer.maskOf(preview);
    const states = new Uint8Array(count);
    const counts = { total: count, kept: 0, selected: 0, previewed: 0 };
    for (let i = 0; i < count; i++) {
      if (hidden[i] !== 0) {
        states[i] = splatStates.hidden;
        selected[i] = 0;
        continue;
      }
      counts.kept++;
      counts.selected += selected[i];
      if (wouldGo) counts.previewed += wouldGo[i];
      states[i] = (wouldGo ? wouldGo[i] : selected[i]) !== 0 ? splatStates.marked : splatStates.normal;
    }
    for (const i of giants) states[i] = splatStates.hidden;
    return { ...counts, states };
  }

  function follow({ keep, add }: EditQuestions['follow']['ask']): ShownStates {
    operations = [...operations.slice(0, keep), ...add];
    keeper.update(operations);
    pointing.forget();
    return shown();
  }

  function take(): EditQuestions['take']['answer'] {
    let marked = 0;
    for (let i = 0; i < count; i++) marked += selected[i];
    const bits = bitsOfMask(selected);
    selected.fill(0);
    return { splats: bits, count: marked };
  }

  return {
    answer(question) {
      const { hidden } = keeper.state;
      switch (question.type) {
        case 'follow':
          return follow(question.ask);
        case 'gesture':
          pointing.apply(question.ask, selected, hidden);
          return shown();
        case 'preview':
          preview = question.ask;
          return shown();
        case 'take':
          return take();
        case 'extent':
          return extentAlong(splats.means, hidden, question.ask.axes);
        case 'ground':
          return findGround(splats, hidden, question.ask.current);
      }
    },
  };
}

/** Reads a file for editing. What only drawing needs goes to the page and is kept there alone. */
export async function openEdit(
  file: Blob,
  fileName: string,
  webpWasmUrl: string | null,
): Promise<Result<{ session: EditSession; opened: OpenedEdit }>> {
  const read = await readSplats({ chunks: blobPieces(file), name: fileName, totalBytes: file.size }, webpWasmUrl);
  if (!read.ok) return read;
  const { splats, warnings } = read.value;
  const packed = packSplats(splats);
  const { count, means, logScales, opacityLogits, antialiased } = splats;
  const session = createEditSession({ count, means, logScales, opacityLogits }, giantsOf(splats, packed));
  return ok({ session, opened: { packed, antialiased, warnings } });
}
