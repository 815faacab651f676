'use strict';

const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');
const { binary } = require('./binary.cjs');
const { call, query, span } = require('./control.cjs');
const { OutlocalError } = require('./error.cjs');
const { ask, flagsOf, secretly, verify } = require('./run.cjs');

const PATIENCE = 30_000; // ms until it has to be ready: it takes a tenth of a second, a machine that does other things takes more
const FAREWELL = 10_000; // ms until it has to have ended: requests in hand get three seconds

const READY = 'outlocal/ready/1';
const WATCH = 'outlocal/watch/1';
const ENTRY = 'outlocal/journal-entry/1';

/** An emulator that runs, for as long as close() is not called and this process lives. */
class Emulator {
  #process;
  #token;
  #closing;

  constructor(child, ready, token) {
    this.#process = child;
    this.#token = token;
    this.url = ready.http;
    this.https = ready.https;
    this.ca = ready.ca;
    this.control = ready.control;
    this.name = ready.name;
    this.proxy = ready.proxy;
  }

  /** The variables that outlocal exec gives a command, for a process of your own. */
  get env() {
    const variables = {
      OUTLOCAL_GRAPH_URL: this.https,
      OUTLOCAL_OUTLOOK_URL: this.https,
      OUTLOCAL_AUTHORITY: this.https,
      OUTLOCAL_CONTROL_URL: this.control,
      OUTLOCAL_EMULATOR: this.control,
    };
    return this.ca ? { ...variables, OUTLOCAL_CA: this.ca, NODE_EXTRA_CA_CERTS: this.ca } : variables;
  }

  call(method, path, body, options) {
    return call(this.control, method, path, body, { token: this.#token, ...options });
  }

  async subscribe(webhook, { clientState, ...flags } = {}) {
    const { env, clientStateEnv } = secretly(clientState, this.#steering());
    const [made] = await ask(['subscribe', webhook, ...flagsOf({ ...flags, emulator: this.control, clientStateEnv })], { env });
    return made;
  }

  async change(what = 'message.created', more = {}) {
    const [collection, change] = what.split('.');
    return this.call('POST', '/changes', { collection, change, ...more });
  }

  async lifecycle(event, { lapse, ...where } = {}) {
    return this.call('POST', '/lifecycle', { event, lapse, where });
  }

  async handled({ within, read, ...asked } = {}) {
    const parameters = { ...asked, read: read ? 1 : undefined, within: within === undefined ? undefined : span(within) };
    return this.call('GET', `/handled${query(parameters)}`);
  }

  async wait({ within, ...asked } = {}) {
    const { entries } = await this.call('POST', '/journal/wait', { ...asked, within: within === undefined ? undefined : span(within) });
    return entries;
  }

  async journal({ kinds, ...asked } = {}) {
    const { entries } = await this.call('GET', `/journal${query({ ...asked, kind: kinds })}`);
    return entries;
  }

  async advance(by) {
    return this.call('POST', '/clock/advance', { by: span(by) });
  }

  async reset(where = {}) {
    return this.call('POST', '/reset', { where });
  }

  async verify(webhook, options) {
    return verify(webhook, options);
  }

  close() {
    this.#closing ??= farewell(this.#process);
    return this.#closing;
  }

  #steering() {
    return this.#token ? { OUTLOCAL_CONTROL_TOKEN: this.#token } : {};
  }
}

if (Symbol.asyncDispose) {
  Object.defineProperty(Emulator.prototype, Symbol.asyncDispose, { value() { return this.close(); } });
}

/** Starts an emulator on free ports. */
async function start({ flags = [], env, clientState, onEntry, within = PATIENCE, signal, ...named } = {}) {
  const told = secretly(clientState, env);
  const all = { ...process.env, ...told.env };
  const args = ['emulate', '--port-base=0', '--json', '--end-with-stdin', ...flagsOf({ ...named, clientStateEnv: told.clientStateEnv }), ...flags];
  const child = spawn(binary(all), args, { env: all, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // it has ended by itself, which is told elsewhere
  try {
    const ready = await becomeReady(child, { watches: named.webhook ? [named.watch ?? 'me/messages'].flat().length : 0, onEntry, within, signal });
    setFree(child);
    return new Emulator(child, ready, all.OUTLOCAL_CONTROL_TOKEN);
  } catch (error) {
    await farewell(child);
    throw error;
  }
}

/** Reads what the emulator prints: that it is ready, what became of its webhook's subscriptions, and then what happens. */
function becomeReady(child, { watches, onEntry, within, signal }) {
  return new Promise((resolve, reject) => {
    let ready;
    let settled = false;
    let complaint = '';
    const late = setTimeout(() => settle(reject, new OutlocalError(`start the emulator: it was not ready within ${within} ms`)), within);
    const aborted = () => settle(reject, signal.reason);
    const settle = (by, what) => {
      settled = true;
      clearTimeout(late);
      signal?.removeEventListener('abort', aborted);
      by(what);
    };
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    child.stderr.setEncoding('utf8').on('data', (text) => { complaint = (complaint + text).slice(-4096); });
    child.on('error', (cause) => settle(reject, new OutlocalError(`start the emulator: ${cause.message}`, { cause })));
    child.on('close', (code) => settle(reject, ended(complaint, code)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (settled && !onEntry) return; // it is read all the same: an emulator whose output nobody takes stands still
      const document = JSON.parse(line);
      if (document.schema === READY) ready = document;
      if (document.schema === ENTRY) onEntry?.(document);
      if (document.schema === WATCH && !document.subscribed) return settle(reject, new OutlocalError(document.error.message, document.error));
      if (document.schema === WATCH) watches -= 1;
      if (ready && watches === 0) settle(resolve, ready);
    });
  });
}

/** Why it ended before it was ready. */
function ended(complaint, exitCode) {
  const [, what, hint] = /^outlocal: (.*?)(?:\nhint: (.*?))?\n?$/s.exec(complaint) ?? [];
  return new OutlocalError(`start the emulator: ${what ?? `it exited ${exitCode}: ${complaint.trim()}`}`, { hint, exitCode });
}

/** Lets this process end though the emulator runs: that ends too, by its input. */
function setFree(child) {
  child.unref();
  for (const stream of child.stdio) stream.unref?.();
}

/** Ends the emulator in good order, or else at once. */
function farewell(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.ref();
    const late = setTimeout(() => child.kill('SIGKILL'), FAREWELL);
    child.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    child.stdin.end();
  });
}

module.exports = { start, Emulator };
