'use strict';

const { spawn } = require('node:child_process');
const { binary } = require('./binary.cjs');
const { OutlocalError } = require('./error.cjs');

const WRONG_USE = 2;

/** Runs the binary to its end, and tells what it printed. */
function run(args, { env, signal, cwd } = {}) {
  const missing = args.findIndex((arg) => arg === undefined || arg === null); // Node would hand it over as a word: https://undefined
  if (missing >= 0) return Promise.reject(new OutlocalError(`outlocal ${args[0]}: an argument is ${args[missing]}`, { exitCode: WRONG_USE }));
  return new Promise((resolve, reject) => {
    const child = spawn(binary(), args, { cwd, signal, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => { printed[name] += text; });
    }
    child.on('error', reject);
    child.on('close', (exitCode, killedBy) => {
      if (killedBy === null) return resolve({ exitCode, ...printed });
      reject(new OutlocalError(`outlocal ${args[0]} was ended by ${killedBy}`));
    });
  });
}

/** The documents that a command prints with --json, one to a line. */
function documents(stdout) {
  return stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** What a command says went wrong. */
function mishap(args, { exitCode, stdout, stderr }) {
  let told;
  try {
    told = documents(stdout).find((document) => document.error)?.error;
  } catch { /* it was not the command that printed this */ }
  return new OutlocalError(told?.message ?? `outlocal ${args[0]} exited ${exitCode}: ${stderr.trim()}`, { hint: told?.hint, exitCode });
}

/** What stands behind -- is another command's, so the flag goes first. */
const withJSON = ([verb, ...rest]) => [verb, '--json', ...rest];

/** Runs a command with --json; anything but success is an error. */
async function ask(args, options) {
  const done = await run(withJSON(args), options);
  if (done.exitCode !== 0) throw mishap(args, done);
  return documents(done.stdout);
}

/**
 * Flags of the command line, of an object: a list repeats the flag, true stands alone, what is undefined or false is left out. The words of
 * a change are one flag, as they are in a subscription.
 */
function flagsOf(options) {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const values = name === 'change' && Array.isArray(value) ? [value.join()] : [value].flat();
    return values.filter((one) => one !== undefined && one !== false).map((one) => (one === true ? flag : `${flag}=${one}`));
  });
}

/** A client state is told by a variable, so that it stands in no list of processes. */
const STATE = 'OUTLOCAL_CLIENT_STATE';

function secretly(clientState, env) {
  return clientState === undefined ? { env } : { env: { ...env, [STATE]: clientState }, clientStateEnv: STATE };
}

/**
 * Checks a webhook. Resolves whatever the verdict is; only a command that is used wrongly is an error.
 */
async function verify(url, { flags = [], clientState, env, signal, ...rest } = {}) {
  const told = secretly(clientState, env);
  const args = ['verify', url, ...flagsOf({ ...rest, clientStateEnv: told.clientStateEnv }), ...flags];
  const done = await run(withJSON(args), { env: told.env, signal });
  if (done.exitCode === WRONG_USE) throw mishap(args, done);
  const printed = documents(done.stdout).filter((document) => !document.error);
  if (printed.length === 0) throw mishap(args, done);
  const findings = printed.flatMap((document) => document.findings ?? []);
  return { exitCode: done.exitCode, passed: done.exitCode === 0, findings, documents: printed, toString: () => findings.map(inWords).join('\n') };
}

function inWords({ id, title, cause, cure, detail }) {
  return [`${id}: ${title}`, detail && `  seen: ${detail}`, `  cause: ${cause}`, `  cure: ${cure}`].filter(Boolean).join('\n');
}

module.exports = { run, ask, verify, flagsOf, secretly };
