/**
 * The HTML of the admin page: what calls for the operator on top, figures with small bars, and a button for everything that can be done.
 * Invariant: no script; every button is a form with the session's token, and whatever came from outside is text (hono/html escapes it).
 */
import { html } from 'hono/html';
import { isFinal } from '../policy/jobMachine.ts';
import type { AdminJob, Alert, Figures, Health, PeriodSpend, ProviderView } from '../policy/operatorView.ts';
import type { DeadLetter } from '../store/deadLetters.ts';
import type { Html } from './pageFrame.ts';
import { plainPage } from './plainPage.ts';

const style = `
main.note{max-width:28rem}main.note form{display:grid;gap:.75rem;margin-top:1rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(10rem,1fr));gap:.75rem}
.card{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:.75rem}
.card dt{color:var(--soft);font-size:.875rem}.card dd{margin:0;font-size:1.375rem;font-variant-numeric:tabular-nums}
.card dd.soft{font-size:.875rem}
meter{width:100%;min-width:6rem;height:.75rem}.states th{width:8rem}.states td.number{width:5rem}
.wide table{min-width:44rem}
.alerts{list-style:none;margin:0;padding:0}
.alerts li{border-left:.25rem solid var(--accent);background:var(--card);padding:.5rem .75rem;margin:.5rem 0}
`;

/** The largest unit that fits, e.g. "2.5 h". @param seconds below zero counts as none */
export function spanOf(seconds: number): string {
  const units: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min']]; // prettier-ignore
  const [size, name] = units.find(([each]) => seconds >= each) ?? [1, 's'];
  return `${Number((Math.max(0, seconds) / size).toFixed(size === 1 ? 0 : 1))} ${name}`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const dollars = (micros: number): string => `$${(micros / 1e6).toFixed(2)}`;
const ago = (at: number, moment: number | null): string => (moment === null ? 'never' : `${spanOf((at - moment) / 1000)} ago`);
const moment = (ms: number): Html =>
  html`<time datetime="${new Date(ms).toISOString()}">${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}</time>`;
const valueOf = ({ unit }: Alert, value: number): string =>
  unit === 'seconds' ? spanOf(value) : unit === 'share' ? percent(value) : String(value);

interface Button {
  action: string;
  csrf: string;
  words: string;
  isMain?: boolean;
  fields?: Record<string, string>;
}

const button = ({ action, csrf, words, isMain = false, fields = {} }: Button): Html =>
  html`<form class="inline" method="post" action="/admin/${action}">
    <input type="hidden" name="csrf" value="${csrf}" />
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${isMain ? 'main' : ''}">${words}</button>
  </form>`;

const card = (name: string, value: string, more: Html | string = ''): Html =>
  html`<dl class="card">
    <dt>${name}</dt>
    <dd>${value}</dd>
    ${more === '' ? '' : html`<dd class="soft">${more}</dd>`}
  </dl>`;

function alertItem(alert: Alert, at: number): Html {
  const { name, about, what, value, threshold, since } = alert;
  const known = since === null ? [] : [`since ${spanOf((at - since) / 1000)}`];
  const figures = [valueOf(alert, value), `alert from ${valueOf(alert, threshold)}`, ...known].join('; ');
  return html`<li><strong>${about === null ? name : `${name} (${about})`}</strong>: ${what} <span class="soft">${figures}</span></li>`;
}

function alertList(alerts: Alert[], at: number): Html {
  if (alerts.length === 0) return html`<p>All is well.</p>`;
  return html`<ul class="alerts" role="alert">
    ${alerts.map((alert) => alertItem(alert, at))}
  </ul>`;
}

function queueCards({ queue, lastDay, deadLetters, purges, workers, sweptAt }: Figures, { at, d1, r2 }: Health): Html {
  const rate = lastDay.errorRate === null ? 'none ended' : percent(lastDay.errorRate);
  return html`<div class="cards">
    ${card('Longest wait', queue.oldestWaitingAt === null ? 'nobody' : spanOf((at - queue.oldestWaitingAt) / 1000))}
    ${card('Unsent messages', String(queue.unsent), `${queue.delayed} for later`)}
    ${card('Failed, last day', rate, `${lastDay.failed} of ${lastDay.completed + lastDay.failed}`)}
    ${card('Dead letters', String(deadLetters.open))}
    ${card('Deletions under way', String(purges.open), purges.oldestAt === null ? '' : `oldest ${ago(at, purges.oldestAt)}`)}
    ${card('Last sweep', ago(at, sweptAt))}
    ${card('Workers, last day', String(workers.length), workers[0] ? `last seen ${ago(at, workers[0].seenAt)}` : '')}
    ${card('D1, R2', `${d1.ok ? `${d1.ms} ms` : 'down'}, ${r2.ok ? `${r2.ms} ms` : 'down'}`)}
  </div>`;
}

function stateTable(jobs: Figures['jobs']): Html {
  const most = Math.max(1, ...Object.values(jobs));
  const rows = Object.entries(jobs).map(
    ([state, number]) =>
      html`<tr>
        <th scope="row">${state}</th>
        <td class="number">${number}</td>
        <td><meter min="0" max="${most}" value="${number}" aria-label="${state}"></meter></td>
      </tr>`,
  );
  return html`<table class="states">
    ${rows}
  </table>`;
}

function budgetRow(name: string, { usedSeconds, reservedSeconds, limitSeconds, costMicros }: PeriodSpend): Html {
  const spent = usedSeconds + reservedSeconds;
  const bar =
    limitSeconds === null
      ? 'no limit'
      : html`<meter
          min="0"
          max="${limitSeconds}"
          low="${limitSeconds * 0.5}"
          high="${limitSeconds * 0.8}"
          optimum="0"
          value="${Math.min(spent, limitSeconds)}"
          aria-label="${name}: spent of allowed"
        ></meter>`;
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="number">${spanOf(usedSeconds)}</td>
    <td class="number">${spanOf(reservedSeconds)}</td>
    <td class="number">${limitSeconds === null ? '' : spanOf(limitSeconds)}</td>
    <td class="number">${dollars(costMicros)}</td>
    <td>${bar}</td>
  </tr>`;
}

function providerRow({ id, breaker, failures, lastError, health }: ProviderView): Html {
  const words = health === null ? 'not asked' : health.ok ? 'well' : 'not well';
  const said = [health?.hint ?? '', breaker === 'closed' ? '' : (lastError ?? '')].filter((text) => text !== '').join('; ');
  return html`<tr>
    <th scope="row">${id}</th>
    <td class="${health?.ok === false ? 'bad' : ''}">${words}</td>
    <td class="${breaker === 'closed' ? '' : 'bad'}">${breaker}</td>
    <td class="number">${failures}</td>
    <td>${said}</td>
  </tr>`;
}

const wide = (head: string[], rows: Html[]): Html =>
  html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;

const letterRow = (letter: DeadLetter, csrf: string): Html =>
  html`<tr>
    <td>${moment(letter.createdAt)}</td>
    <td><code>${letter.body}</code></td>
    <td>${letter.error}</td>
    <td>
      ${button({ action: `dead-letters/${letter.id}/replay`, csrf, words: 'Replay' })}
      ${button({ action: `dead-letters/${letter.id}/discard`, csrf, words: 'Discard' })}
    </td>
  </tr>`;

const jobRow = (job: AdminJob, csrf: string): Html =>
  html`<tr>
    <td>${moment(job.createdAt)}</td>
    <td><code>${job.id}</code></td>
    <td>${job.state}${job.attempt > 1 ? `, attempt ${job.attempt}` : ''}</td>
    <td class="number">${job.photos}</td>
    <td>${job.provider ?? ''} ${job.gpuClass ?? ''}</td>
    <td>${job.error ?? ''}</td>
    <td>${isFinal(job.state) ? '' : button({ action: `jobs/${job.id}/cancel`, csrf, words: 'Cancel' })}</td>
  </tr>`;

function figuresPart(figures: Figures, { health, csrf, deadLetters, jobs }: AdminPage): Html {
  const { on } = figures.killSwitch;
  return html`<section>
      <h2>Queue</h2>
      ${queueCards(figures, health)}
    </section>
    <section>
      <h2>Jobs by state</h2>
      ${stateTable(figures.jobs)}
    </section>
    <section>
      <h2>GPU time</h2>
      ${wide(['', 'used', 'reserved', 'allowed', 'cost', ''], [budgetRow('today', figures.budget.day), budgetRow('this month', figures.budget.month)])}
      <p>${on ? 'The kill switch is on: no job is taken or begun. Those that run go on.' : 'The kill switch is off.'}</p>
      ${button({ action: 'kill-switch', csrf, words: on ? 'Turn it off' : 'Take no more jobs', isMain: on, fields: { on: String(!on) } })}
    </section>
    <section>
      <h2>Providers</h2>
      ${wide(['', 'health', 'breaker', 'refusals', ''], figures.providers.map(providerRow))}
    </section>
    <section>
      <h2>Dead letters</h2>
      ${
        deadLetters.length === 0
          ? html`<p class="soft">None is open.</p>`
          : wide(
              ['since', 'message', 'error', ''],
              deadLetters.map((letter) => letterRow(letter, csrf)),
            )
      }
    </section>
    <section>
      <h2>Newest jobs</h2>
      ${
        jobs.length === 0
          ? html`<p class="soft">None yet.</p>`
          : wide(
              ['ordered', 'job', 'state', 'photos', 'where', 'error', ''],
              jobs.map((job) => jobRow(job, csrf)),
            )
      }
    </section>`;
}

export interface AdminPage {
  nonce: string;
  /** Of the forms. */
  csrf: string;
  /** There is a session that can be ended. */
  canLeave: boolean;
  /** Why the last button did nothing. */
  problem: string | null;
  health: Health;
  deadLetters: DeadLetter[];
  jobs: AdminJob[];
}

export function adminPage(shown: AdminPage): Html {
  const { nonce, csrf, canLeave, problem, health } = shown;
  return plainPage(
    { title: `${health.ok ? '' : `${health.alerts.length} alerts · `}Splat App: operator`, nonce, style },
    html`<header>
        <h1>Splat App, for the operator</h1>
        <div>
          <a href="/admin">Refresh</a> <span class="soft">${moment(health.at)} UTC</span>
          ${canLeave ? button({ action: 'logout', csrf, words: 'Log out' }) : ''}
        </div>
      </header>
      <main>
        ${problem === null ? '' : html`<p class="bad" role="alert">${problem}</p>`} ${alertList(health.alerts, health.at)}
        ${health.figures === null ? html`<p>There are no figures without the database.</p>` : figuresPart(health.figures, shown)}
      </main>`,
  );
}

export const loginPage = (nonce: string, problem: string | null): Html =>
  plainPage(
    { title: 'Splat App: operator', nonce, style },
    html`<main class="note">
      <h1>For the operator</h1>
      <form method="post" action="/admin/login">
        <label for="token">Admin token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
        ${problem === null ? '' : html`<p class="bad" role="alert">${problem}</p>`}
        <button class="main">Open</button>
      </form>
    </main>`,
  );
