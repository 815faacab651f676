// @microsoft/msgraph-sdk, the SDK in TypeScript that kiota makes, signed in by @azure/identity with a secret.
import { ClientSecretCredential } from '@azure/identity';
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure';
import { createGraphServiceClient, GraphRequestAdapter } from '@microsoft/msgraph-sdk';
import '@microsoft/msgraph-sdk-subscriptions';
import '@microsoft/msgraph-sdk-users';
import { clientId, clientSecret, play, tenant, user } from './story.mjs';

const { OUTLOCAL_GRAPH_URL: graph, OUTLOCAL_AUTHORITY: authority } = process.env; // not set in production

const credential = new ClientSecretCredential(tenant, clientId, clientSecret, {
  ...(authority && { authorityHost: authority, disableInstanceDiscovery: true }),
});

const hosts = graph && new Set([new URL(graph).hostname]); // without its port: to any other host it sends no token, and says nothing
const provider = new AzureIdentityAuthenticationProvider(credential, ['https://graph.microsoft.com/.default'], undefined, hosts);
const adapter = new GraphRequestAdapter(provider);
if (graph) adapter.baseUrl = `${graph}/v1.0`;
const client = createGraphServiceClient(adapter);

await play({
  challenges: true,
  signIns: 2, // the first, and the one after the challenge
  retries: true,
  resource: `users/${user}/messages`,
  create: (request) => client.subscriptions.post({ ...request, expirationDateTime: new Date(request.expirationDateTime) }),
  fetch: (id) => client.subscriptions.bySubscriptionId(id).get(),
  list: async () => (await client.subscriptions.get()).value,
  renew: (id, expires) => client.subscriptions.bySubscriptionId(id).patch({ expirationDateTime: new Date(expires) }),
  read: async (resource) => (await client.users.byUserId(user).messages.byMessageId(resource.split('/').at(-1)).get()).subject,
  resume: (id) => client.subscriptions.bySubscriptionId(id).reauthorize.post(),
  remove: (id) => client.subscriptions.bySubscriptionId(id).delete(),
  code: (error) => error.errorEscaped?.code,
});
