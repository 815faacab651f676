#!/usr/bin/env node
// Runs the binary for this platform in place of itself: the same arguments, input and output, and it ends as the binary ends.
'use strict';

const { spawn } = require('node:child_process');
const { binary } = require('../lib/binary.cjs');

// What the binary exits with when it could not do what it was asked to.
const UNJUDGED = 3;

// A terminal sends what Ctrl+C and its like mean to both of us. Sent twice, it would end the binary before it has tidied up.
const TYPED = new Set(['SIGINT', 'SIGQUIT']);
const PASSED_ON = process.platform === 'win32'
  ? ['SIGINT', 'SIGBREAK', 'SIGTERM']
  : ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];

function fail(error) {
  console.error(`outlocal: ${error.what ?? error.message}`);
  if (error.hint) console.error(`hint: ${error.hint}`);
  process.exit(UNJUDGED);
}

function main() {
  let path;
  try {
    path = binary();
  } catch (error) {
    return fail(error);
  }
  const child = spawn(path, process.argv.slice(2), { stdio: 'inherit' });
  const shared = process.stdin.isTTY || process.platform === 'win32';
  for (const signal of PASSED_ON) {
    process.on(signal, () => {
      if (!shared || !TYPED.has(signal)) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(new Error(`run ${path}: ${error.message}`)));
  child.on('exit', (code, signal) => {
    if (signal === null) return process.exit(code);
    for (const name of PASSED_ON) process.removeAllListeners(name);
    process.kill(process.pid, signal); // whoever waits for us sees how the binary ended
  });
}

main();
