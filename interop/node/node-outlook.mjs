// node-outlook on Outlook's own REST API, with a user's token that @azure/msal-node got for a code.
import { ConfidentialClientApplication } from '@azure/msal-node';
import outlook from 'node-outlook';
import { promisify } from 'node:util';
import { clientId, clientSecret, play, tenant, user } from './story.mjs';

const { OUTLOCAL_OUTLOOK_URL: root, OUTLOCAL_AUTHORITY: authority } = process.env; // not set in production

const msal = new ConfidentialClientApplication({
  auth: {
    clientId,
    clientSecret,
    authority: `${authority ?? 'https://login.microsoftonline.com'}/${tenant}`,
    ...(authority && { knownAuthorities: [new URL(authority).host] }), // with its port
  },
});

// The user's browser is sent to sign in, and comes back with a code. The emulator asks nobody, unless it is told to.
const scopes = ['https://outlook.office.com/Mail.Read'];
const redirectUri = 'https://localhost/signed-in';
const browser = await fetch(await msal.getAuthCodeUrl({ scopes, redirectUri, loginHint: user }), { redirect: 'manual' });
const code = new URL(browser.headers.get('Location')).searchParams.get('code');
const { account } = await msal.acquireTokenByCode({ scopes, redirectUri, code });

outlook.base.setApiEndpoint(`${root ?? 'https://outlook.office.com'}/api/v2.0`);
outlook.base.setAnchorMailbox(user);
const tokenOf = async () => (await msal.acquireTokenSilent({ scopes, account })).accessToken;

// The library has no subscriptions of its own, only this way to call anything.
const makeApiCall = promisify(outlook.base.makeApiCall);
async function call(method, path, payload) {
  const url = `${outlook.base.apiEndpoint()}/me${path}`;
  const { statusCode, body } = await makeApiCall({ method, url, payload, token: await tokenOf() });
  if (statusCode >= 300) throw Object.assign(new Error(body?.error?.message ?? `status ${statusCode}`), body?.error);
  return body && { id: body.Id, expirationDateTime: body.SubscriptionExpirationDateTime };
}
const push = { '@odata.type': '#Microsoft.OutlookServices.PushSubscription' };

// What a notification names is a whole URL, such as …/messages('AAMk…=').
const getMessage = promisify(outlook.mail.getMessage);
const idIn = (resource) => /\('([^']+)'\)$/.exec(resource)[1];

await play({
  dialect: 'outlook',
  signIns: 2, // the browser, and the code
  resource: `${outlook.base.apiEndpoint()}/me/messages`,
  create: (made) => call('POST', '/subscriptions', { ...push, Resource: made.resource, NotificationURL: made.notificationUrl,
    ChangeType: 'Created', SubscriptionExpirationDateTime: made.expirationDateTime, ClientState: made.clientState }),
  fetch: (id) => call('GET', `/subscriptions('${id}')`),
  renew: (id, expires) => call('PATCH', `/subscriptions('${id}')`, { ...push, SubscriptionExpirationDateTime: expires }),
  read: async (resource) => (await getMessage({ token: await tokenOf(), messageId: idIn(resource) })).Subject,
  resume: (id) => call('PATCH', `/subscriptions('${id}')`, push),
  remove: (id) => call('DELETE', `/subscriptions('${id}')`),
  code: (error) => error.code,
});
