import { afterAll, beforeAll, expect, test } from 'vitest';
import { start, type Emulator } from 'outlocal';
import { listen } from './webhook.cjs';

let hook: Awaited<ReturnType<typeof listen>>;
let outlook: Emulator;
beforeAll(async () => {
  hook = await listen('s3cret');
  outlook = await start();
});
afterAll(async () => {
  await outlook.close();
  hook.close();
});

test('a webhook that is down for a while misses nothing', async () => {
  await outlook.subscribe(hook.url, { clientState: 's3cret', for: '2d' });
  hook.status = 503;
  await outlook.change('message.created');
  await outlook.wait({ kinds: ['attempt'] });
  hook.status = 202;
  await outlook.advance('1h'); // and with it, what the service waits before it tries again
  const { notifications } = await outlook.handled();
  expect(notifications[0].try).toBeGreaterThan(1);
  expect(hook.heard).toMatchObject([{ changeType: 'created' }]);
});
