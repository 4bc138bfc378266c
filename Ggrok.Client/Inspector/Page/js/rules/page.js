import { el, put } from '../dom.js';
import { icon } from '../icons.js';
import { confirmThat } from '../shell/dialog.js';
import { orSay, toast } from '../shell/toast.js';
import { actionsOf, hitsOf, matchesOf } from './describe.js';
import { openRuleForm } from './form.js';

const empty = { name: '', enabled: true };

/** The rules: what is held, answered, delayed or made to fail. */
export class RulesPage {
  constructor(node, app) {
    this.app = app;
    this.list = el('ol', { class: 'rules' });
    node.append(
      el('div', { class: 'page-head' },
        el('div', {}, el('h1', {}, 'Rules'), el('p', {}, 'Hold requests, answer them here, delay them or make some fail. The rules are asked in this order.')),
        el('div', { class: 'end' }, el('button', { class: 'button main', type: 'button', onclick: () => this.add(empty) }, icon('plus'), 'New rule'))),
      el('div', { class: 'page-body' }, this.list));
  }

  show() {
    const { rules } = this.app;
    const key = JSON.stringify(rules);
    if (key === this.key) return;
    this.key = key;
    // The rules come again with every hit: who walks through them by keyboard must stay where he is.
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    if (rules.length === 0) {
      put(this.list, el('li', { class: 'no-rules' }, el('h2', {}, 'No rules yet'),
        el('p', { class: 'soft' }, 'Add one here, make one of a request from its details, or write them in ggrok.yml.')));
    } else put(this.list, rules.map((rule) => this.card(rule)));
    if (focused) this.list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  card(rule) {
    const matches = matchesOf(rule);
    const enabled = el('input', { type: 'checkbox', role: 'switch', checked: rule.enabled !== false, 'aria-label': `${rule.name} is on`, onchange: () => this.write(rule, { enabled: enabled.checked }), data: { key: `on ${rule.name}` } });
    const button = (sign, word, act) => el('button', { class: 'button plain only', type: 'button', title: word, 'aria-label': `${word} ${rule.name}`, onclick: act, data: { key: `${word} ${rule.name}` } }, icon(sign));
    return el('li', { class: rule.enabled === false ? 'rule off' : 'rule' },
      el('label', { class: 'switch' }, enabled),
      el('div', { class: 'about' },
        el('h2', {}, rule.name),
        el('p', { class: 'what' }, actionsOf(rule).map((action) => el('span', { class: 'pill accent' }, action))),
        el('p', { class: 'matches' }, matches.length ? matches.map(([name, value]) => el('span', {}, el('span', { class: 'soft' }, `${name} `), el('code', {}, value))) : el('span', { class: 'soft' }, 'every request')),
        rule.origin ? el('p', { class: 'soft origin' }, el('code', {}, rule.origin), ' · changes here hold for this run only') : null),
      el('span', { class: 'hits' }, hitsOf(rule)),
      el('div', { class: 'acts' }, button('edit', 'Edit', () => this.edit(rule)), button('trash', 'Delete', () => this.remove(rule))));
  }

  get tunnels() {
    return this.app.status?.tunnels.map(({ name }) => name) ?? [];
  }

  /** Opens the form for a new rule. */
  add(rule) {
    openRuleForm({ rule, isNew: true, tunnels: this.tunnels, save: (value) => this.save('POST', 'rules', value, `Rule ${value.name} added.`) });
  }

  edit(rule) {
    openRuleForm({ rule, isNew: false, tunnels: this.tunnels, save: (value) => this.save('PUT', pathOf(rule), value, `Rule ${value.name} saved.`) });
  }

  async save(method, path, value, word) {
    const done = await orSay(async () => {
      await this.app.api.write(method, path, value);
      await this.reload();
      return true;
    });
    if (done) toast(word, { actions: this.app.router.route.view === 'rules' ? [] : [{ text: 'Show the rules', act: () => this.app.router.go({ view: 'rules' }) }] });
    return done === true;
  }

  write(rule, part) {
    return orSay(async () => {
      const { hits, origin, ...rest } = rule;
      await this.app.api.write('PUT', pathOf(rule), { ...rest, ...part });
      await this.reload();
    });
  }

  remove(rule) {
    const text = `${rule.origin ? 'It comes back when ggrok is started again, because it stands in ggrok.yml. ' : ''}What it holds is released.`;
    confirmThat({
      title: `Delete the rule ${rule.name}?`, text, word: 'Delete',
      act: () => orSay(async () => {
        await this.app.api.write('DELETE', pathOf(rule));
        await this.reload();
      }),
    });
  }

  async reload() {
    this.app.setRules(await this.app.api.get('rules'));
  }
}

const pathOf = ({ name }) => `rules/${encodeURIComponent(name)}`;
