import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import * as outlocal from '../index.mjs';
import { webhook } from './webhook.mjs';

const { start, verify, run, OutlocalError } = outlocal;
const require = createRequire(import.meta.url);

describe('an emulator', () => {
  let hook;
  let outlook;
  before(async () => {
    hook = await webhook();
    outlook = await start({ seed: 7 });
  });
  after(async () => {
    await outlook.close();
    await hook.close();
  });

  it('tells where it is', async () => {
    const status = await outlook.call('GET', '/status');
    assert.deepEqual(
      { http: status.http, https: status.https, ca: status.ca, control: status.control, name: status.name },
      { http: outlook.url, https: outlook.https, ca: outlook.ca, control: outlook.control, name: outlook.name },
    );
  });

  it('notifies a webhook that was subscribed', async () => {
    const made = await outlook.subscribe(hook.url, { resource: 'me/events', change: ['created', 'updated'], clientState: 's3cret' });
    assert.equal(made.changeType, 'created,updated');
    const raised = await outlook.change('event.created', { count: 2, set: { subject: 'Lunch' } });
    assert.equal(raised.matched, 2);
    const { notifications, next } = await outlook.handled({ count: 2, since: raised.entry, subscription: made.id });
    assert.deepEqual(notifications.map(({ item, status }) => ({ item, status })), raised.items.map(({ id }) => ({ item: id, status: 202 })));
    assert.deepEqual(hook.heard.map((one) => [one.clientState, one.changeType]), [['s3cret', 'created'], ['s3cret', 'created']]);
    await outlook.change('event.updated', { item: raised.items[0].id });
    const [updated] = (await outlook.handled({ since: next, change: ['updated'] })).notifications;
    assert.equal(updated.item, raised.items[0].id);
    assert.equal((await outlook.wait({ kinds: ['attempt'], where: { subscription: made.id }, count: 2, within: '3s' })).length >= 2, true);
    assert.ok((await outlook.journal({ kinds: ['handshake', 'subscribed'] })).length >= 2);
  });

  it('says what was there instead of what was waited for', async () => {
    await assert.rejects(outlook.wait({ kinds: ['retry'], within: 1 }), (error) => error instanceof OutlocalError
      && error.code === 'tooFew' && /0 matched within 1ms\nhint: /.test(error.message) && error.partial.entries.length === 0);
  });

  it('says why a webhook could not be subscribed', async () => {
    await assert.rejects(outlook.subscribe('http://localhost:1/hook'), (error) => error instanceof OutlocalError
      && error.exitCode === 1 && /handshake-refused/.test(error.hint));
  });

  it('refuses a URL that is not there', async () => {
    await assert.rejects(outlook.subscribe(undefined), (error) => error instanceof OutlocalError && error.message === 'outlocal subscribe: an argument is undefined');
  });

  it('lets time pass, and forgets', async () => {
    const { from, to } = await outlook.advance('3d');
    assert.equal(Math.round((Date.parse(to) - Date.parse(from)) / 3_600_000), 72);
    assert.equal((await outlook.lifecycle('missed')).matched, 0); // the subscription is over
    await outlook.reset();
    assert.equal((await outlook.call('GET', '/status')).subscriptions, 0);
  });

  it('gives a process of your own the variables that exec gives', async () => {
    const { stdout } = await run(['exec', '--', process.execPath, '-p', 'JSON.stringify(process.env)'], { env: { NODE_EXTRA_CA_CERTS: '' } });
    const given = JSON.parse(stdout);
    for (const [name, value] of Object.entries(outlook.env)) {
      const shape = (text) => text.replace(/:\d+$/, ':PORT');
      assert.equal(shape(value), shape(given[name] ?? ''), name);
    }
  });
});

describe('start', () => {
  it('subscribes a webhook to all that is watched', async () => {
    const hook = await webhook();
    const entries = [];
    const outlook = await start({ webhook: hook.url, watch: ['me/messages', 'me/events'], onEntry: (entry) => entries.push(entry.kind) });
    assert.equal((await outlook.call('GET', '/status')).subscriptions, 2);
    assert.deepEqual(entries.filter((kind) => kind === 'subscribed'), ['subscribed', 'subscribed']);
    await outlook.close();
    await outlook.close();
    await hook.close();
  });

  for (const [why, options, pattern] of [
    ['the handshake fails', { webhook: 'http://localhost:1/hook' }, /Subscription validation request failed.*\nhint: handshake-refused/],
    ['a flag is wrong', { flags: ['--nope'] }, /^start the emulator: outlocal emulate has no flag --nope\nhint: did you mean --name\?$/],
    ['it takes too long', { within: 0 }, /not ready within 0 ms/],
    ['it is called off', { signal: AbortSignal.abort(new Error('enough')) }, /^enough$/],
  ]) {
    it(`rejects where ${why}`, () => assert.rejects(start(options), (error) => pattern.test(error.message) || assert.fail(error.message)));
  }

  it('sends the control token that the environment has', async () => {
    const outlook = await start({ env: { OUTLOCAL_CONTROL_TOKEN: 'sesame' } });
    assert.equal((await outlook.call('GET', '/status')).kind, 'emulator');
    const [answer] = await once(get(`${outlook.control}/status`, { agent: false }), 'response');
    answer.resume();
    assert.equal(answer.statusCode, 401);
    await outlook.close();
  });

  it('starts what ends with its process, however that ends', async () => {
    const program = `require(${JSON.stringify(require.resolve('../index.cjs'))}).start().then((e) => { console.log(e.control); setInterval(() => {}, 1000); })`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [control] = await once(createInterface({ input: child.stdout }), 'line');
    const [following] = await once(get(`${control}/journal?follow=1`, { agent: false }), 'response');
    child.kill('SIGKILL');
    following.resume();
    await once(following, 'close'); // which it does only when the emulator is gone
  });

  it('keeps no process from ending', async () => {
    const program = `require(${JSON.stringify(require.resolve('../index.cjs'))}).start()`;
    const [code] = await once(spawn(process.execPath, ['-e', program], { stdio: 'inherit' }), 'exit');
    assert.equal(code, 0);
  });

  it('is disposable', { skip: !Symbol.asyncDispose && 'this Node has no Symbol.asyncDispose' }, async () => {
    const outlook = await start();
    await outlook[Symbol.asyncDispose]();
    await assert.rejects(outlook.call('GET', '/livez'), /hint: is the emulator still there\?/);
  });
});

describe('verify', () => {
  it('passes a good webhook', async () => {
    const hook = await webhook();
    const verdict = await verify(hook.url);
    assert.ok(verdict.passed, String(verdict));
    await hook.close();
  });

  it('names what is wrong, with cause and cure', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((request, response) => response.writeHead(200, { 'Content-Type': 'text/plain' }).end('no')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const verdict = await verify(`http://localhost:${server.address().port}/hook`);
    assert.deepEqual([verdict.passed, verdict.exitCode], [false, 1]);
    assert.match(String(verdict), /^handshake-.*: .*\n(.*\n)*  cause: .*\n  cure: /);
    server.close();
  });

  it('takes a command to look deeper', () => assert.rejects(
    verify('http://localhost:1/hook', { flags: ['--adopt-wait=1ms', '--', process.execPath, '-e', '0'] }),
    (error) => error.exitCode === 3 && /^adopt: no subscription .*\nhint: /.test(error.message),
  ));

  it('refuses wrong use', () => assert.rejects(verify('http://localhost:1/hook', { dialect: 'nonsense' }), (error) => error.exitCode === 2 && error.hint !== ''));
});

it('is the same for import and require, and has the types of both', () => {
  assert.deepEqual({ ...outlocal }, require('../index.cjs'));
  const declared = [...readFileSync(new URL('../index.d.cts', import.meta.url), 'utf8').matchAll(/^export (?:function|class) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(outlocal).sort());
});
