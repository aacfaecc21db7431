/** The pages for operators and developers. */
import { type Frame, type Html, pageFrame } from './pageFrame.ts';

const plainStyle = `
header,main{max-width:72rem;margin:0 auto;padding:.75rem 1rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;justify-content:space-between}
h1{margin:0;font-size:1.25rem}h2{margin:2rem 0 .5rem;font-size:1.0625rem}h3{margin:1.25rem 0 .25rem;font-size:1rem}
code{font:.875em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:500}td.number{font-variant-numeric:tabular-nums;white-space:nowrap}
button,input{font:inherit;color:inherit;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;background:transparent;min-height:2.75rem}
button{cursor:pointer}button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:600}
form.inline{display:inline-block;margin:0 .375rem .25rem 0}
`;

/** @param frame `style`: rules of this page besides those of every plain page */
export const plainPage = ({ style = '', ...frame }: Omit<Frame, 'style' | 'locale'> & { style?: string }, body: Html): Html =>
  pageFrame({ ...frame, locale: 'en', style: plainStyle + style }, body);
