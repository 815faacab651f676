'use strict';

/** What went wrong, and what to do about it: the message has both, as a test runner shows nothing else. */
class OutlocalError extends Error {
  constructor(what, { hint, code, exitCode, partial, cause } = {}) {
    super(hint ? `${what}\nhint: ${hint}` : what, cause === undefined ? undefined : { cause });
    const parts = { name: 'OutlocalError', what, hint, code, exitCode, partial };
    for (const [name, value] of Object.entries(parts)) Object.defineProperty(this, name, { value, enumerable: false });
  }
}

module.exports = { OutlocalError };
