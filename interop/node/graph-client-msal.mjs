// @microsoft/microsoft-graph-client, signed in by @azure/msal-node with a secret.
import { ConfidentialClientApplication } from '@azure/msal-node';
import { Client } from '@microsoft/microsoft-graph-client';
import { clientId, clientSecret, play, tenant, user } from './story.mjs';

const { OUTLOCAL_GRAPH_URL: graph, OUTLOCAL_AUTHORITY: authority } = process.env; // not set in production

const msal = new ConfidentialClientApplication({
  auth: {
    clientId,
    clientSecret,
    authority: `${authority ?? 'https://login.microsoftonline.com'}/${tenant}`,
    ...(authority && { knownAuthorities: [new URL(authority).host] }), // with its port
  },
});

const client = Client.initWithMiddleware({
  authProvider: {
    getAccessToken: async () =>
      (await msal.acquireTokenByClientCredential({ scopes: ['https://graph.microsoft.com/.default'] })).accessToken,
  },
  ...(graph && { baseUrl: `${graph}/`, customHosts: new Set([new URL(graph).hostname]) }), // without its port
});

await play({
  retries: true,
  resource: `users/${user}/messages`,
  create: (request) => client.api('/subscriptions').post(request),
  fetch: (id) => client.api(`/subscriptions/${id}`).get(),
  list: async () => (await client.api('/subscriptions').get()).value,
  renew: (id, expirationDateTime) => client.api(`/subscriptions/${id}`).patch({ expirationDateTime }),
  read: async (resource) => (await client.api(`/${resource}`).get()).subject,
  resume: (id) => client.api(`/subscriptions/${id}/reauthorize`).post({}),
  remove: (id) => client.api(`/subscriptions/${id}`).delete(),
  code: (error) => error.code,
});
