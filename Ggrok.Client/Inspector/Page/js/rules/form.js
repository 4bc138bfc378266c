import { el } from '../dom.js';
import { openDialog } from '../shell/dialog.js';
import { ResponseEditor } from '../replay/response-editor.js';
import { kindsOf } from './describe.js';

/** The dialog of a rule. `save` gets the rule and answers with whether it went well. */
export function openRuleForm({ rule, isNew, tunnels, save }) {
  const form = new RuleForm(rule, isNew, tunnels);
  form.node.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!form.check()) return;
    if (await save(form.value())) close();
  });
  const close = openDialog({
    title: isNew ? 'New rule' : `Rule ${rule.name}`, wide: true, body: form.node,
    foot: [
      el('button', { class: 'button', type: 'button', onclick: () => close() }, 'Cancel'),
      el('button', { class: 'button main', type: 'submit', form: 'rule-form' }, isNew ? 'Add' : 'Save'),
    ],
  });
  form.name.focus();
}

class RuleForm {
  constructor(rule, isNew, tunnels) {
    this.rule = rule;
    const kinds = kindsOf(rule);
    const input = (value, props = {}) => el('input', { class: 'input mono', value: value ?? '', spellcheck: 'false', autocomplete: 'off', ...props });
    this.name = input(rule.name, { required: true, readOnly: !isNew, placeholder: 'hold-orders' });
    this.method = input(rule.method, { placeholder: 'any, or POST,PUT' });
    this.path = input(rule.path, { placeholder: 'any, or /api/*' });
    this.host = input(rule.host, { placeholder: 'any' });
    this.tunnel = el('select', { class: 'input' }, el('option', { value: '' }, 'any'), [...new Set([...tunnels, ...(rule.tunnel ? [rule.tunnel] : [])])].map((name) => el('option', { value: name }, name)));
    this.tunnel.value = rule.tunnel ?? '';
    this.header = input(rule.header, { placeholder: 'any, or X-GitHub-Event: push' });
    this.latency = input(rule.latencyMs ?? 500, { type: 'number', min: 1, max: 600000 });
    this.rate = input(rule.errorRate ? Number((rule.errorRate * 100).toFixed(4)) : 20, { type: 'number', min: 0.01, max: 100, step: 'any' });
    this.errorStatus = input(rule.errorStatus ?? 503, { type: 'number', min: 400, max: 599 });
    this.response = new ResponseEditor(rule.respond ?? rule.suggestion ?? undefined);
    this.problem = el('p', { class: 'hint bad', role: 'alert' });
    this.actions = {
      hold: this.action('Hold', 'Each request waits until it is released in the page.', kinds.hold),
      respond: this.action('Answer', 'It is answered here, without the local service.', kinds.respond, this.response.node),
      latency: this.action('Wait', 'It goes on after a while.', kinds.latency, field('Milliseconds', this.latency)),
      errors: this.action('Fail', 'A share of the requests gets an error.', kinds.errors, el('div', { class: 'two' }, field('Share in %', this.rate), field('Status', this.errorStatus))),
    };
    this.node = el('form', { class: 'stack', id: 'rule-form', novalidate: true },
      field('Name', this.name),
      rule.origin ? el('p', { class: 'hint' }, `From ${rule.origin}. What is changed here holds for this run only; the file stays as it is.`) : null,
      el('fieldset', {}, el('legend', {}, 'Which requests'), el('div', { class: 'two' }, field('Method', this.method), field('Path, * for anything', this.path), field('Host', this.host), field('Tunnel', this.tunnel)), field('Header that must be there', this.header)),
      el('fieldset', {}, el('legend', {}, 'What happens to them'), Object.values(this.actions).map(({ node }) => node)),
      this.problem);
  }

  action(word, hint, isOn, more) {
    const box = el('input', { type: 'checkbox', role: 'switch', checked: isOn });
    const inner = more ? el('div', { class: 'action-more', hidden: !isOn }, more) : null;
    box.addEventListener('change', () => { if (inner) inner.hidden = !box.checked; });
    return { box, node: el('div', { class: 'action' }, el('label', { class: 'switch' }, box, el('span', {}, el('b', {}, word), el('span', { class: 'soft' }, ` ${hint}`))), inner) };
  }

  check() {
    const { actions } = this;
    const isOn = (name) => actions[name].box.checked;
    const between = (input, low, high) => Number(input.value) >= low && Number(input.value) <= high && input.value !== '';
    this.problem.textContent =
      this.name.value.trim() === '' ? 'The rule needs a name.'
        : !Object.keys(actions).some(isOn) ? 'Choose at least one thing that happens.'
          : this.path.value && !/^[/*]/.test(this.path.value.trim()) ? 'The path begins with / or *.'
            : isOn('latency') && !between(this.latency, 1, 600000) ? 'The wait is 1 to 600,000 ms.'
              : isOn('errors') && !between(this.rate, 0.0001, 100) ? 'The share is more than 0 and at most 100 %.'
                : isOn('respond') && !between(this.response.status, 200, 599) ? 'The status of the answer is 200 to 599.' : '';
    return this.problem.textContent === '';
  }

  value() {
    const { actions, rule } = this;
    const text = (input) => input.value.trim() || null;
    const when = (name, value) => (actions[name].box.checked ? value() : null);
    return {
      name: this.name.value.trim(), enabled: rule.enabled ?? true,
      method: text(this.method)?.toUpperCase() ?? null, path: text(this.path), host: text(this.host), tunnel: text(this.tunnel), header: text(this.header),
      hold: actions.hold.box.checked || null, respond: when('respond', () => this.response.value()), latencyMs: when('latency', () => Number(this.latency.value)),
      errorRate: when('errors', () => Number(this.rate.value) / 100), errorStatus: when('errors', () => Number(this.errorStatus.value) || 503),
    };
  }
}

const field = (word, input) => el('label', { class: 'field' }, el('span', { class: 'label' }, word), input);
