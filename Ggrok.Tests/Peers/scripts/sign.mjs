// Makes signed webhooks: node sign.mjs < requests.json > signed.json. What the providers publish in packages signs. Those of
// Slack and Shopify only verify: what is signed here must be valid to them. GitLab's token signs nothing.
import '@shopify/shopify-api/adapters/node';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { sign } from '@octokit/webhooks-methods';
import { ApiVersion, shopifyApi } from '@shopify/shopify-api';
import bolt from '@slack/bolt';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import twilio from 'twilio/lib/webhooks/webhooks.js';

const hmac = (secret, message, encoding) => createHmac('sha256', secret).update(message).digest(encoding);

async function verifyShopify(secret, body, fields) {
  const shopify = shopifyApi({
    apiKey: 'key', apiSecretKey: secret, hostName: 'localhost', apiVersion: Object.values(ApiVersion)[0], isEmbeddedApp: false, logger: { level: 0 },
  });
  const headers = { ...fields, 'X-Shopify-API-Version': '1', 'X-Shopify-Shop-Domain': 'a.myshopify.com', 'X-Shopify-Webhook-Id': '1' };
  const { valid } = await shopify.webhooks.validate({ rawBody: body, rawRequest: { method: 'POST', url: '/', headers } });
  if (!valid) throw new Error('not valid to Shopify');
}

const providers = {
  GitHub: async ({ secret, body }) => ({ 'X-GitHub-Event': 'push', 'X-Hub-Signature-256': await sign(secret, body) }),
  GitLab: async ({ secret }) => ({ 'X-Gitlab-Event': 'Push Hook', 'X-Gitlab-Token': secret }),
  Stripe: async ({ secret, body, time }) => ({
    'Stripe-Signature': new Stripe('sk_test_none').webhooks.generateTestHeaderString({ payload: body, secret, timestamp: time }),
  }),
  Slack: async ({ secret, body, time }) => {
    const signature = `v0=${hmac(secret, `v0:${time}:${body}`, 'hex')}`;
    const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': time };
    bolt.verifySlackRequest({ signingSecret: secret, body, headers, nowMilliseconds: time * 1000 });
    return { 'X-Slack-Request-Timestamp': String(time), 'X-Slack-Signature': signature };
  },
  Shopify: async ({ secret, body }) => {
    const headers = { 'X-Shopify-Topic': 'orders/create', 'X-Shopify-Hmac-Sha256': hmac(secret, body, 'base64') };
    await verifyShopify(secret, body, headers);
    return headers;
  },
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
