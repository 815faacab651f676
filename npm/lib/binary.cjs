'use strict';

const { existsSync } = require('node:fs');
const { OutlocalError } = require('./error.cjs');

/**
 * Where the binary is: what OUTLOCAL_BINARY names, or else the one of this platform's package, which is installed beside this one.
 */
function binary(environment = process.env, platform = `${process.platform}-${process.arch}`) {
  const named = environment.OUTLOCAL_BINARY;
  if (named) {
    if (existsSync(named)) return named;
    throw new OutlocalError(`find the binary: OUTLOCAL_BINARY names ${named}, where there is none`, {
      hint: 'unset it, or name a binary of outlocal',
    });
  }
  const { optionalDependencies } = require('../package.json');
  const name = `@outlocal/${platform}`;
  const program = platform.startsWith('win32') ? 'outlocal.exe' : 'outlocal';
  try {
    return require.resolve(`${name}/bin/${program}`);
  } catch {
    throw missing(name, platform, Object.keys(optionalDependencies));
  }
}

/** Package managers leave a platform's package out for a few reasons, and none of them says so. */
function missing(name, platform, known) {
  if (!known.includes(name)) {
    return new OutlocalError(`find the binary: there is none for ${platform}`, {
      hint: `build one from the source (go install github.com/outlocal/outlocal@latest) and name it in OUTLOCAL_BINARY; there are ${known.join(', ')}`,
    });
  }
  return new OutlocalError(`find the binary: the package ${name} is not installed`, {
    hint: 'install again without --omit=optional or --no-optional, on the system where it runs: '
      + 'a node_modules or a lock file from another system has that system\'s package only',
  });
}

module.exports = { binary };
