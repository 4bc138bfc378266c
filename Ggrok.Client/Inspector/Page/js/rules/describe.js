import { count, duration } from '../format/figures.js';

/** What a rule matches, as pairs of a word and a pattern; empty when it matches everything. */
export function matchesOf(rule) {
  return [['method', rule.method], ['path', rule.path], ['host', rule.host], ['tunnel', rule.tunnel], ['header', rule.header]].filter(([, value]) => value);
}

/** What a rule does, in words. */
export function actionsOf(rule) {
  const actions = [];
  if (rule.latencyMs) actions.push(`waits ${duration(rule.latencyMs)}`);
  if (rule.errorRate) actions.push(`answers ${percent(rule.errorRate)} with ${rule.errorStatus ?? 503}`);
  if (rule.hold) actions.push('holds the request');
  if (rule.respond) actions.push(`answers ${rule.respond.status}`);
  return actions.length ? actions : ['does nothing'];
}

export const hitsOf = ({ hits = 0 }) => (hits === 0 ? 'no hits' : hits === 1 ? '1 hit' : `${count(hits)} hits`);

const percent = (share) => `${Number((share * 100).toFixed(2))} %`;

/** Which of the four actions a rule has. */
export function kindsOf(rule) {
  return { hold: Boolean(rule.hold), respond: Boolean(rule.respond), latency: Boolean(rule.latencyMs), errors: Boolean(rule.errorRate) };
}
