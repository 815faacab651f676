// The story that every program here goes through, and what it needs beside a client: a webhook of its own on loopback, and somebody who
// makes things happen in a mailbox. Nothing in here comes from the SDKs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

// Who signs in where: the emulator's defaults (docs/sign-in.md), unless make interop says otherwise.
export const {
  INTEROP_TENANT: tenant = 'c7d1b0e2-94a6-4f35-8e2b-61f0a3d5c879',
  INTEROP_APP: clientId = '24d3b144-21ae-4080-943f-7067b395b913',
  INTEROP_SECRET: clientSecret = 's3cret',
  INTEROP_CERTIFICATE: certificate, // a file in PEM: the key, and its certificate
  INTEROP_USER: user = 'user@contoso.com',
} = process.env;

// The longest that anything may take to arrive: far above what it takes, and short enough to wait for.
const patience = 20_000;

const day = 24 * 3600 * 1000;

// play takes a client through its story. A client is its calls:
//
//   create(request)     answers the subscription; requests and subscriptions have Graph's names
//   fetch(id)           answers it again
//   list()              answers all of them; left out where a service can't
//   renew(id, expires)  answers it, with its new end
//   read(resource)      answers the subject of the message at the path that a notification names
//   resume(id)          what is done about a lifecycle notification
//   remove(id)
//   code(error)         what the service called the error that a call was rejected with
//
// and what it is known for: the resource that it watches, the dialect that it speaks if that is not Graph's, whether it retries by itself
// and meets a claims challenge, and how often it signs in, if that is more than once.
export async function play(client) {
  const outlook = client.dialect === 'outlook';
  const chapters = { subscribe, find, ...(!outlook && { answer }), hear, renew, ...(outlook ? { miss } : { resume }),
    ...(client.retries && { wait }), ...(client.challenges && { challenge }), remove, keep };
  const webhook = await listen();
  const story = { client, outlook, webhook, state: `secret "of" ${randomUUID()}` };
  try {
    for (const [name, chapter] of Object.entries(chapters)) console.log(`ok    ${name.padEnd(10)} ${await told(chapter, story)}`);
  } catch (error) {
    console.log(`FAIL  ${error.chapter?.padEnd(10)} ${error.stack}`);
    process.exitCode = 1;
  } finally {
    webhook.close();
  }
}

// told is what a chapter says of itself. An error says in which chapter it was: what comes next would rest on it.
const told = (chapter, story) => chapter(story).catch((error) => { throw Object.assign(error, { chapter: chapter.name }); });

// subscribe wants both URLs validated before it is answered.
async function subscribe(story) {
  const { client, outlook, webhook, state } = story;
  const made = await client.create({
    changeType: 'created',
    notificationUrl: webhook.url,
    ...(!outlook && { lifecycleNotificationUrl: `${webhook.url}?lifecycle=1` }),
    resource: client.resource,
    expirationDateTime: rounded(Date.now() + day),
    clientState: state,
  });
  assert.ok(made.id, 'the subscription has an id');
  assert.equal(webhook.handshakes, outlook ? 1 : 2, 'handshakes before the answer: one for each URL');
  if (!outlook) assert.equal(made.clientState, state, 'the answer to a creation repeats the client state');
  story.id = made.id;
  return `validated at ${webhook.handshakes} URL(s)`;
}

async function find({ client, id }) {
  assert.equal((await client.fetch(id)).id, id);
  if (!client.list) return 'by its id';
  const ids = (await client.list()).map((one) => one.id);
  assert.deepEqual(ids, [id], 'it is the only one that is listed');
  return 'by its id, and in the list';
}

// answer meets the challenge that comes at once: the token ends within the hour, so the service asks for another in good time.
async function answer(story) {
  const event = await challenged(story);
  await story.client.resume(story.id);
  return `${event}, as the token ends before the subscription`;
}

async function challenged({ webhook, id, state }) {
  const item = await webhook.lifecycle.next();
  assert.equal(item.lifecycleEvent, 'reauthorizationRequired');
  assert.equal(item.subscriptionId, id);
  assert.equal(item.clientState, state);
  return item.lifecycleEvent;
}

async function hear(story) {
  const subject = `Ärger & "Co" ${randomUUID()}`;
  await steer('/changes', { collection: 'message', change: 'created', mailbox: user, set: { subject } });
  return `of ${await notified(story, subject)}, and read it`;
}

// notified waits for a notification of a message, and reads that.
async function notified({ client, webhook, id, state }, subject) {
  const item = await webhook.changes.next();
  assert.equal(item.subscriptionId, id);
  assert.equal(item.clientState, state);
  assert.equal(item.changeType.toLowerCase(), 'created');
  assert.equal(await client.read(item.resource), subject);
  return item.resource.replace(/(.{20}).+(.{8})$/, '$1…$2');
}

async function renew({ client, id }) {
  const until = rounded(Date.now() + 2 * day);
  const renewed = await client.renew(id, until);
  assert.equal(rounded(new Date(renewed.expirationDateTime)), until);
  return `until ${until}`;
}

// resume lets authorization lapse: what changes waits until the client has reacted.
async function resume(story) {
  await steer('/lifecycle', { event: 'reauthorizationRequired', lapse: true });
  const event = await challenged(story);
  const subject = `Held ${randomUUID()}`;
  await steer('/changes', { collection: 'message', change: 'created', mailbox: user, set: { subject } });
  assert.equal(story.webhook.changes.size, 0, 'nothing is told without authorization');
  await story.client.resume(story.id);
  return `after ${event}, and heard of ${await notified(story, subject)}`;
}

// miss tells a client that notifications were lost, which is all of a life cycle that Outlook tells.
async function miss({ client, webhook, id, state }) {
  await steer('/lifecycle', { event: 'missed' });
  const item = await webhook.changes.next();
  assert.equal(item.changeType, 'Missed');
  assert.equal(item.subscriptionId, id);
  assert.equal(item.clientState, state);
  await client.resume(id);
  return 'notifications, and was told so';
}

// wait has the service refuse a request for a second, which the SDK is to wait for.
async function wait({ client, id }) {
  await steer('/faults', { faults: ['throttle:next=1,retry-after=1'] });
  const asked = performance.now();
  assert.equal((await client.fetch(id)).id, id);
  const waited = performance.now() - asked;
  assert.ok(waited > 900, `a second is to be waited for, not ${waited} ms`); // timers are no exact clocks
  return `for ${Math.round(waited)} ms, as Retry-After said`;
}

// challenge has the service ask for a new token, as after a password was changed.
async function challenge({ client, id }) {
  await steer('/faults', { faults: ['claims-challenge:next=1'] });
  assert.equal((await client.fetch(id)).id, id);
  return 'of a new token, met';
}

async function remove({ client, id }) {
  await client.remove(id);
  const refused = await client.fetch(id).then(() => null, (error) => error);
  assert.ok(refused, 'a subscription that was removed is not found');
  const code = client.code(refused);
  assert.match(`${code}`, /^(ResourceNotFound|ErrorItemNotFound)$/, refused);
  return `and then nobody finds it: ${code}`;
}

// keep looks back: a token that the SDK could not keep would have been asked for again and again.
async function keep({ client }) {
  const { entries } = await control('/journal?kind=signIn');
  assert.equal(entries.length, client.signIns ?? 1, 'sign-ins');
  return `tokens: ${entries.length} sign-in(s) for all of it`;
}

// rounded is a moment in whole seconds, which every service keeps.
const rounded = (moment) => new Date(Math.floor(moment / 1000) * 1000).toISOString();

// steer makes something happen at the emulator.
const steer = (path, order) =>
  control(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(order) });

async function control(path, request) {
  const response = await fetch(process.env.OUTLOCAL_CONTROL_URL + path, request);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

// listen starts a webhook that keeps what it is told until somebody asks for it.
async function listen() {
  const webhook = { handshakes: 0, changes: new Box(), lifecycle: new Box() };
  const server = createServer(async (request, response) => {
    const query = new URL(request.url, webhook.url).searchParams;
    const token = query.get('validationToken') ?? query.get('validationtoken');
    if (token) {
      webhook.handshakes++;
      return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(token);
    }
    const { value } = await json(request);
    response.writeHead(202).end();
    for (const item of value) webhook[query.has('lifecycle') ? 'lifecycle' : 'changes'].put(plain(item, request.headers.clientstate));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  webhook.url = `http://127.0.0.1:${server.address().port}/hook`;
  webhook.close = () => { server.close(); server.closeAllConnections(); };
  return webhook;
}

// plain has a notification's names in Graph's way. Outlook's begin with capitals, and its client state is a header.
const plain = (item, header) => ({
  ...Object.fromEntries(Object.entries(item).map(([name, value]) => [name[0].toLowerCase() + name.slice(1), value])),
  clientState: item.clientState ?? header,
});

// Box keeps what arrives in order, and hands it to who waits.
class Box {
  #arrived = [];
  #waiting = [];

  get size() { return this.#arrived.length; }

  put(item) {
    const first = this.#waiting.shift();
    if (first) first(item);
    else this.#arrived.push(item);
  }

  next() {
    if (this.#arrived.length) return Promise.resolve(this.#arrived.shift());
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`nothing arrived within ${patience} ms`)), patience);
      this.#waiting.push((item) => { clearTimeout(late); resolve(item); });
    });
  }
}
