// Makes signed webhooks: node sign.mjs < requests.json > signed.json. What the providers publish in packages signs; where
// there is none (Slack, Shopify, GitLab) the published rule is written out.
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { sign } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import twilio from 'twilio/lib/webhooks/webhooks.js';

const hmac = (secret, message, encoding) => createHmac('sha256', secret).update(message).digest(encoding);

const providers = {
  GitHub: async ({ secret, body }) => ({ 'X-GitHub-Event': 'push', 'X-Hub-Signature-256': await sign(secret, body) }),
  GitLab: async ({ secret }) => ({ 'X-Gitlab-Event': 'Push Hook', 'X-Gitlab-Token': secret }),
  Stripe: async ({ secret, body, time }) => ({
    'Stripe-Signature': new Stripe('sk_test_none').webhooks.generateTestHeaderString({ payload: body, secret, timestamp: time }),
  }),
  Slack: async ({ secret, body, time }) => ({
    'X-Slack-Request-Timestamp': String(time),
    'X-Slack-Signature': `v0=${hmac(secret, `v0:${time}:${body}`, 'hex')}`,
  }),
  Shopify: async ({ secret, body }) => ({ 'X-Shopify-Topic': 'orders/create', 'X-Shopify-Hmac-Sha256': hmac(secret, body, 'base64') }),
  Twilio: async ({ secret, url, form }) => ({
    ...(form ? { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' } : {}),
    'X-Twilio-Signature': twilio.getExpectedTwilioSignature(secret, url, form ?? {}),
  }),
  StandardWebhooks: async ({ secret, body, time, family = 'webhook', format }) => ({
    [`${family}-id`]: 'msg_1',
    [`${family}-timestamp`]: String(time),
    [`${family}-signature`]: new Webhook(secret, { format }).sign('msg_1', new Date(time * 1000), body),
  }),
};

const requests = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await Promise.all(requests.map((r) => providers[r.provider](r)))));
