import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start, verify } from 'outlocal';
import { listen } from './webhook.cjs';

let hook;
let outlook;
before(async () => {
  hook = await listen('s3cret');
  outlook = await start({ webhook: hook.url, clientState: 's3cret' });
});
after(async () => {
  await outlook.close();
  hook.close();
});

test('the webhook passes the handshake', async () => {
  const verdict = await verify(hook.url);
  assert.ok(verdict.passed, String(verdict));
});

test('the webhook hears of new mail', async () => {
  const raised = await outlook.change('message.created', { count: 2, set: { subject: 'Quarterly numbers' } });
  await outlook.handled({ count: 2, since: raised.entry });
  assert.equal(hook.heard.length, 2);
});
