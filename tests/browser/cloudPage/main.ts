/** The cloud's button and status alone on a page, with the real outbox in the real database. Photos and results lie in globals. */
import { mount } from 'svelte';
import CloudButton from '../../../src/app/features/cloud/CloudButton.svelte';
import CloudStatus from '../../../src/app/features/cloud/CloudStatus.svelte';
import { useLocale } from '../../../src/app/i18n/text.ts';
import { createCloudService } from '../../../src/app/services/cloud/cloudService.ts';
import { databaseOutbox } from '../../../src/app/services/cloud/outboxStore.ts';
import { openDatabase } from '../../../src/app/services/store/database.ts';
import type { Project } from '../../../src/core/project/project.ts';

declare global {
  /** Base64 of each photo, put there by the test before the page begins. */
  var testPhotos: string[];
  var testResults: { projectId: string; text: string; fileName: string }[];
}

globalThis.testResults = [];
const wanted = new URLSearchParams(location.search).get('locale');
await useLocale(wanted === 'de' ? 'de' : 'en');

const photos = async () =>
  globalThis.testPhotos.map((base64, n) => {
    const path = `garden of my house/IMG_${n}.jpg`;
    return { path, file: new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], path, { type: 'image/jpeg' }) };
  });
const cloud = createCloudService({
  store: databaseOutbox(openDatabase),
  photosOf: photos,
  pollMs: 300,
  random: () => 0.1,
  onresult: async (projectId, blob, fileName) => void globalThis.testResults.push({ projectId, text: await blob.text(), fileName }),
});
const target = document.getElementById('cloud');
if (!target) throw new Error('There is no #cloud.');
const project = { id: 'p1', name: 'Garden chair' } as Project;
mount(CloudButton, { target, props: { project, photos, cloud } });
mount(CloudStatus, { target, props: { projectId: project.id, cloud } });
