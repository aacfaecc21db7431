/** The page's entry: the language, the store, then the app. Made anew when the language changes. */
import { mount, unmount } from 'svelte';
import App from './App.svelte';
import { preferredLocale, useLocale } from './i18n/text.ts';
import { openProjectStore } from './services/store/projectStore.ts';
import './ui/tokens.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app.');
const place = target;

const [store] = await Promise.all([openProjectStore(), useLocale(preferredLocale())]);

function show(): void {
  const app = mount(App, { target: place, props: { store, onlocale: () => void unmount(app).then(show) } });
}
show();
