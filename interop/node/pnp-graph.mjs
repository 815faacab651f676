// @pnp/graph, signed in by the msal-node that @pnp/nodejs brings along, with a secret.
import { graphfi } from '@pnp/graph';
import '@pnp/graph/mail/index.js';
import '@pnp/graph/subscriptions/index.js';
import '@pnp/graph/users/index.js';
import { GraphDefault } from '@pnp/nodejs';
import { clientId, clientSecret, play, tenant, user } from './story.mjs';

const { OUTLOCAL_GRAPH_URL: root, OUTLOCAL_AUTHORITY: authority } = process.env; // not set in production

const graph = graphfi().using(GraphDefault({
  ...(root && { baseUrl: `${root}/v1.0` }),
  msal: {
    config: {
      auth: {
        clientId,
        clientSecret,
        authority: `${authority ?? 'https://login.microsoftonline.com'}/${tenant}`,
        ...(authority && { knownAuthorities: [new URL(authority).host] }), // with its port
      },
    },
  },
}));

await play({
  retries: true,
  resource: `users/${user}/messages`,
  create: async ({ changeType, notificationUrl, resource, expirationDateTime, ...more }) =>
    (await graph.subscriptions.add(changeType, notificationUrl, resource, expirationDateTime, more)).data,
  fetch: (id) => graph.subscriptions.getById(id)(),
  list: () => graph.subscriptions(),
  renew: (id, expirationDateTime) => graph.subscriptions.getById(id).update({ expirationDateTime }),
  read: async (resource) => (await graph.users.getById(user).messages.getById(resource.split('/').at(-1))()).subject,
  resume: (id) => graph.subscriptions.getById(id).update({ expirationDateTime: new Date(Date.now() + 24 * 3600 * 1000) }),
  remove: (id) => graph.subscriptions.getById(id).delete(),
  code: (error) => /"code":"(\w+)"/.exec(error.message)?.[1], // the message ends with the answer's body
});
