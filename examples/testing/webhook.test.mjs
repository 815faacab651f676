// outlocal exec --http -- node --test webhook.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test'; // in vitest: import { test } from 'vitest'; in jest it is there

const { OUTLOCAL_GRAPH_URL: graph, OUTLOCAL_CONTROL_URL: control, WEBHOOK_URL = 'http://localhost:3000/hook' } = process.env;

async function call(method, url, body) {
  const headers = { Authorization: 'Bearer any', 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text); // says what was there instead
  return JSON.parse(text);
}

test('the webhook handles new mail', async () => {
  const { id } = await call('POST', `${graph}/v1.0/subscriptions`, { // your app does this
    resource: 'me/messages', changeType: 'created', notificationUrl: WEBHOOK_URL,
    expirationDateTime: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await call('POST', `${control}/changes`, { collection: 'message', change: 'created', count: 2 });

  const { notifications } = await call('GET', `${control}/handled?count=2&subscription=${id}`);
  assert.deepEqual(notifications.map((n) => n.status), [202, 202]);
});
