// The server of npm `oidc-provider`, with its own pages for login and consent.
import { serve } from '../harness.mjs';
import Provider, { errors } from 'oidc-provider';

const APP = ['https://app.example/cb'];
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const service = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
const login = { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: APP };
const nobody = { application_type: 'native', token_endpoint_auth_method: 'none' };

const clients = [
  { client_id: 'service', client_secret: 'service-secret', ...service },
  { client_id: 'odd:id+1%20/x', client_secret: 'p@ss:w/rd+ %&=~"', ...service },
  {
    client_id: 'poster',
    client_secret: 'poster-secret',
    token_endpoint_auth_method: 'client_secret_post',
    ...service,
  },
  { client_id: 'web', client_secret: 'web-secret', ...login },
  { client_id: 'keeper', client_secret: 'keeper-secret', ...login },
  // Of a native application, any port of this machine will do.
  { client_id: 'native', ...nobody, ...login, redirect_uris: ['http://127.0.0.1/cb', ...APP] },
  { client_id: 'device', ...nobody, ...service, grant_types: [DEVICE, 'refresh_token'] },
];

const resourceServer = { scope: 'api:read api:write', accessTokenFormat: 'opaque' };

const configuration = {
  clients,
  clockTolerance: 0,
  cookies: { keys: ['a key for tests'] },
  scopes: ['openid', 'offline_access', 'profile', 'api:read', 'api:write'],
  claims: { openid: ['sub'], profile: ['name'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: id }) }),
  rotateRefreshToken: (ctx) => ctx.oidc.client.clientId !== 'keeper',
  ttl: { AuthorizationCode: 60, AccessToken: 3600, ClientCredentials: 3600, DeviceCode: 600 },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo(ctx, resource) {
        if (resource === 'https://api.example') return resourceServer;
        throw new errors.InvalidTarget();
      },
    },
  },
};

serve((url) => new Provider(url, configuration).callback());
