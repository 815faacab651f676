import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';

const require = createRequire(import.meta.url);
const { binary } = require('../lib/binary.cjs');
const shim = fileURLToPath(new URL('../bin/outlocal.cjs', import.meta.url));

function outlocal(args, { env, stdin = 'ignore' } = {}) {
  return spawn(process.execPath, [shim, ...args], { env: { ...process.env, ...env }, stdio: [stdin, 'pipe', 'pipe'] });
}

async function ended(child) {
  const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code, signal };
}

describe('the command', () => {
  it('passes arguments, output and exit codes on', async () => {
    const { code, stdout } = await ended(outlocal(['version', '--json']));
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).schema, 'outlocal/version/1');
    const wrong = await ended(outlocal(['subscribe', 'a b', '--nope']));
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /no flag --nope/);
  });

  it('passes the input on', async () => {
    const child = outlocal(['exec', '--', process.execPath, '-e', 'process.stdin.pipe(process.stdout)'], { stdin: 'pipe' });
    child.stdin.end('héllo');
    const { stdout, code } = await ended(child);
    assert.deepEqual([stdout, code], ['héllo', 0]);
  });

  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`passes ${signal} on, once, and ends when the binary has`, { skip: process.platform === 'win32' && 'Windows has no signals' }, async () => {
      const child = outlocal(['emulate', '--port-base', '0']);
      let printed = '';
      for await (const line of createInterface({ input: child.stdout })) {
        printed += `${line}\n`;
        if (line.startsWith('ready')) child.kill(signal);
      }
      if (child.exitCode === null) await once(child, 'exit');
      assert.equal(child.exitCode, 0);
      assert.match(printed, /has ended\n$/); // a second signal would have cut it off
    });
  }

  it('ends by the signal that ended the binary', { skip: process.platform === 'win32' && 'Windows has no signals' }, async () => {
    const child = outlocal(['emulate', '--port-base', '0', '--json']);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    process.kill(JSON.parse(line).pid, 'SIGKILL');
    const [code, signal] = await once(child, 'exit');
    assert.deepEqual([code, signal], [null, 'SIGKILL']);
  });

  it('says what to do where there is no binary', async () => {
    const { code, stderr } = await ended(outlocal(['version'], { env: { OUTLOCAL_BINARY: '/nowhere/outlocal' } }));
    assert.equal(code, 3);
    assert.match(stderr, /^outlocal: find the binary: OUTLOCAL_BINARY names \/nowhere\/outlocal, where there is none\nhint: /);
  });
});

describe('the binary of a platform', () => {
  for (const [platform, pattern] of [
    ['linux-x64', /the package @outlocal\/linux-x64 is not installed\nhint: install again without --omit=optional/],
    ['win32-arm64', /the package @outlocal\/win32-arm64 is not installed/],
    ['sunos-x64', /there is none for sunos-x64\nhint: build one from the source .*OUTLOCAL_BINARY/],
  ]) {
    it(`is missed with a hint on ${platform}`, () => assert.throws(() => binary({}, platform), (error) => pattern.test(error.message)));
  }
});
