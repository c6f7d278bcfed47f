// The server of npm `@node-oauth/oauth2-server` behind express. What it keeps, and the page where
// users log in, are an application's own business.
import { serve } from '../harness.mjs';
import OAuthServer from '@node-oauth/express-oauth-server';
import express from 'express';

const APP = ['https://app.example/cb'];
const service = { grants: ['client_credentials'] };
const login = { grants: ['authorization_code', 'refresh_token'], redirectUris: APP };

const clients = new Map([
  ['service', { secret: 'service-secret', ...service }],
  ['odd id+1%20/x', { secret: 'p@ss:w/rd+ %&=~"', ...service }],
  ['poster', { secret: 'poster-secret', ...service }],
  ['web', { secret: 'web-secret', ...login }],
  ['keeper', { secret: 'keeper-secret', ...login }],
  ['native', { secret: undefined, ...login }],
].map(([id, client]) => [id, { id, ...client }]));

const SCOPES = ['profile', 'api:read'];
const [codes, access, refresh] = [new Map(), new Map(), new Map()];

const model = {
  getClient(id, secret) {
    const client = clients.get(id);
    // The login page asks without a secret (null); whoever has none at the token endpoint is public.
    return client && (secret === null || client.secret === secret) ? client : null;
  },
  getUserFromClient: ({ id }) => ({ id }),
  validateScope(user, client, scope = ['profile']) {
    return scope.every((one) => SCOPES.includes(one)) && scope;
  },
  verifyScope: (token, scope) => scope.every((one) => token.scope.includes(one)),
  saveAuthorizationCode(code, client, user) {
    codes.set(code.authorizationCode, { ...code, client, user });
    return code;
  },
  getAuthorizationCode: (code) => codes.get(code),
  revokeAuthorizationCode: (code) => codes.delete(code.authorizationCode),
  saveToken(token, client, user) {
    const saved = { ...token, client, user };
    access.set(token.accessToken, saved);
    if (token.refreshToken) refresh.set(token.refreshToken, saved);
    return saved;
  },
  getAccessToken: (token) => access.get(token),
  getRefreshToken: (token) => refresh.get(token),
  revokeToken: (token) => refresh.delete(token.refreshToken),
};

const settings = {
  model,
  accessTokenLifetime: 3600,
  authorizationCodeLifetime: 60,
  // Whoever has a secret must show it all the same: the model sees to that.
  requireClientAuthentication: { authorization_code: false, refresh_token: false },
};
const oauth = new OAuthServer(settings);
const keeping = new OAuthServer({ ...settings, alwaysIssueNewRefreshToken: false });

const PAGE = `<form action="" method="post">
  <input name="login"><input type="password" name="password">
  <button name="allowed" value="true">Agree</button>
  <button name="allowed" value="false">Refuse</button>
</form>`;
const authenticateHandler = {
  handle: ({ body }) => (body.password === 'a password' ? { id: body.login } : null),
};

const app = express();
app.use(express.urlencoded({ extended: false }));
app.get('/authorize', (request, response) => response.send(PAGE));
app.post('/authorize', oauth.authorize({ authenticateHandler }));
app.post('/token', oauth.token());
app.post('/keeping/token', keeping.token());
app.get('/me', oauth.authenticate({ scope: ['profile'] }), (request, response) => {
  response.json({ sub: response.locals.oauth.token.user.id });
});

serve(() => app);
