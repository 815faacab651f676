'use strict';

const { request } = require('node:http');
const { OutlocalError } = require('./error.cjs');

/**
 * One call of the control API. It goes straight to where it is said to, past any proxy of the environment, and keeps no connection: nothing
 * of it is left when a test ends.
 */
function call(control, method, path, body, { token, signal } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (text !== undefined) Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  return new Promise((resolve, reject) => {
    const failed = (cause) => reject(new OutlocalError(`${method} ${path}: ${cause.message}`, { cause, hint: 'is the emulator still there? close() ends it' }));
    const outgoing = request(new URL(control + path), { method, headers, signal, agent: false }, (incoming) => {
      let answer = '';
      incoming.setEncoding('utf8').on('data', (part) => { answer += part; }).on('error', failed);
      incoming.on('end', () => {
        try {
          resolve(read(incoming.statusCode, answer));
        } catch (error) {
          if (error instanceof OutlocalError) return reject(error);
          failed(error);
        }
      });
    });
    outgoing.on('error', failed).end(text);
  });
}

function read(status, answer) {
  const document = JSON.parse(answer);
  if (status < 300) return document;
  const { message, hint, code } = document.error ?? {};
  throw new OutlocalError(message ?? `the control API answered ${status}`, { hint, code, partial: document.partial });
}

/** A span of time as the API takes it: milliseconds, or words such as 90s, 72h or 3d. */
function span(time) {
  if (typeof time === 'number') return `${time}ms`;
  const days = /^(\d+)d$/.exec(time);
  return days ? `${24 * days[1]}h` : time;
}

/** A query, in which a list repeats its name. What is undefined is left out. */
function query(parameters) {
  const all = Object.entries(parameters).flatMap(([name, value]) => [value].flat().filter((one) => one !== undefined).map((one) => [name, String(one)]));
  return all.length === 0 ? '' : `?${new URLSearchParams(all)}`;
}

module.exports = { call, span, query };
