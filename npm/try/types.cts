// The same declarations by require.
import outlocal = require('outlocal');

export const started: Promise<outlocal.Emulator> = outlocal.start({ seed: 7 });
