/**
 * The script of embed.html: one viewer that fills a frame, as the query says. It needs no storage, no worker and no origin of its own, so
 * that it runs under sandbox="allow-scripts".
 * Invariant: the person sees either the scene or why there is none.
 */
import './define.ts';
import { readEmbedQuery } from './embedQuery.ts';

function say(problems: string[]): void {
  const notice = document.querySelector('#notice');
  if (!notice) return;
  notice.className = 'notice problem';
  notice.setAttribute('role', 'alert');
  notice.replaceChildren(
    ...problems.map((problem) => {
      const line = document.createElement('p');
      line.textContent = problem;
      return line;
    }),
  );
}

const { attributes, problems } = readEmbedQuery(location.search);
if (problems.length > 0) say(problems);
else {
  const viewer = document.createElement('splat-viewer');
  for (const [name, value] of attributes) viewer.setAttribute(name, value);
  const alt = viewer.getAttribute('alt');
  if (alt) document.title = alt;
  document.querySelector('#notice')?.remove();
  document.body.append(viewer);
}
