import { bytes, count, dateAndTime, limit, many, relative } from '../format/figures.js';

/** "3 webhooks wait, 1 dead"; empty for nothing. */
export function tallyText(waiting, dead) {
  const parts = [];
  if (waiting) parts.push(`${many(waiting, 'webhook waits', 'webhooks wait')}`);
  if (dead) parts.push(`${count(dead)} dead`);
  return parts.join(', ');
}

/** What an inbox holds and how its tunnel is, in words. */
export function inboxText(inbox, now = new Date()) {
  const { waiting, dead, maxBytes, until } = inbox;
  const held = waiting + dead === 0 ? 'empty' : `${tallyText(waiting, dead)}, ${bytes(inbox.bytes)}${maxBytes ? ` of ${limit(maxBytes)}` : ''}`;
  if (!inbox.away) return held;
  return `${held}; away${until ? `, its name is kept until ${dateAndTime(new Date(until))} (${relative(new Date(until), now)})` : ''}`;
}

/** How the delivery of a stored request goes; null while nothing has failed. */
export function failureText({ attempts, lastFailure, nextAttempt, state }, now = new Date()) {
  if (!attempts) return null;
  const often = attempts === 1 ? 'Failed once' : `Failed ${count(attempts)} times`;
  const next = state === 'waiting' && nextAttempt ? `; next attempt ${relative(new Date(nextAttempt), now)}` : '';
  return `${often}${lastFailure ? `: ${lastFailure}` : ''}${next}`;
}

const names = { github: 'GitHub', gitlab: 'GitLab', stripe: 'Stripe', slack: 'Slack', shopify: 'Shopify', twilio: 'Twilio', standard: 'Standard Webhooks' };

/** A provider as it writes itself. */
export const providerName = (provider) => names[provider.toLowerCase()] ?? provider;
