import { el } from '../dom.js';
import { many } from '../format/figures.js';
import { orSay, toast } from '../shell/toast.js';

const maxBytes = 256 * 1024 * 1024;

/** Imports a HAR file; asks for one when none is given. */
export function importHar(app, file) {
  if (file) return send(app, file);
  const input = el('input', { type: 'file', accept: '.har,application/json' });
  input.addEventListener('change', () => input.files[0] && send(app, input.files[0]));
  input.click();
  return undefined;
}

function send(app, file) {
  return orSay(async () => {
    if (file.size > maxBytes) throw new Error(`${file.name} is larger than 256 MiB.`);
    const added = await app.api.write('POST', 'har', file);
    app.exchanges.put([...added].sort((a, b) => a.number - b.number));
    app.requests.list.toTop();
    toast(`${many(added.length, 'exchange')} imported from ${file.name}.`);
  });
}

/** Lets files be dropped on a pane. */
export function takeDrops(pane, onfile) {
  let veil = null;
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  pane.addEventListener('dragover', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    if (!veil) pane.append(veil = el('div', { class: 'drop' }, 'Drop a HAR file to import it'));
  });
  const lift = () => {
    veil?.remove();
    veil = null;
  };
  pane.addEventListener('dragleave', (event) => { if (!pane.contains(event.relatedTarget)) lift(); });
  pane.addEventListener('drop', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    lift();
    for (const file of event.dataTransfer.files) onfile(file);
  });
}
