// An OpenID Connect provider: node oidc.mjs REDIRECT_URI ALGORITHM; prints "PORT n" when ready. Anybody may log in under any name.
import http from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const [redirect, algorithm] = process.argv.slice(2);
const jwk = (type, options, alg) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg });
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'the-client', client_secret: 'a-secret/with+signs&more', redirect_uris: [redirect], grant_types: ['authorization_code'],
      response_types: ['code'], id_token_signed_response_alg: algorithm,
    }],
    jwks: { keys: [jwk('rsa', { modulusLength: 2048 }, 'RS256'), jwk('ec', { namedCurve: 'P-256' }, 'ES256')] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id }) }),
  });
  server.on('request', provider.callback());
  console.log(`PORT ${server.address().port}`);
});
