const { start } = require('outlocal');
const { listen } = require('./webhook.cjs');

let hook;
let outlook;
beforeAll(async () => {
  hook = await listen('s3cret');
  outlook = await start({ webhook: hook.url, clientState: 's3cret' });
});
afterAll(async () => {
  await outlook.close();
  hook.close();
});

test('the webhook hears of new mail', async () => {
  const { entry } = await outlook.change('message.created');
  await outlook.handled({ since: entry });
  expect(hook.heard).toMatchObject([{ changeType: 'created' }]);
});
