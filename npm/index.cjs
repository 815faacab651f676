'use strict';

const { binary } = require('./lib/binary.cjs');
const { start } = require('./lib/emulator.cjs');
const { OutlocalError } = require('./lib/error.cjs');
const { run, verify } = require('./lib/run.cjs');

module.exports = { start, verify, run, binary, OutlocalError };
