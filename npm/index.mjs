// The same as index.cjs, for import: one implementation, whichever way a test runner loads it.
import outlocal from './index.cjs';

export const { start, verify, run, binary, OutlocalError } = outlocal;
