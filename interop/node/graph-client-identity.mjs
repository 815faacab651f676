// @microsoft/microsoft-graph-client, signed in by @azure/identity with a certificate.
import { ClientCertificateCredential } from '@azure/identity';
import { Client } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { certificate, clientId, play, tenant, user } from './story.mjs';

const { OUTLOCAL_GRAPH_URL: graph, OUTLOCAL_AUTHORITY: authority } = process.env; // not set in production

const credential = new ClientCertificateCredential(tenant, clientId, certificate, {
  sendCertificateChain: true,
  ...(authority && { authorityHost: authority, disableInstanceDiscovery: true }),
});

const client = Client.initWithMiddleware({
  authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: ['https://graph.microsoft.com/.default'] }),
  ...(graph && { baseUrl: `${graph}/`, customHosts: new Set([new URL(graph).hostname]) }), // without its port
});

await play({
  retries: true,
  resource: `/users/${user}/mailFolders('inbox')/messages`,
  create: (request) => client.api('/subscriptions').post(request),
  fetch: (id) => client.api(`/subscriptions/${id}`).get(),
  list: async () => (await client.api('/subscriptions').get()).value,
  renew: (id, expirationDateTime) => client.api(`/subscriptions/${id}`).patch({ expirationDateTime }),
  read: async (resource) => (await client.api(`/${resource}`).get()).subject,
  resume: (id) => client.api(`/subscriptions/${id}`).patch({ expirationDateTime: new Date(Date.now() + 24 * 3600 * 1000) }),
  remove: (id) => client.api(`/subscriptions/${id}`).delete(),
  code: (error) => error.code,
});
