#!/usr/bin/env bash
# try.sh DIST: packs the npm packages of a release for this machine and tries them where people will have them: a fresh folder, the test
# runners, the compiler of TypeScript. Needs npm and its registry, for the test runners.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dist=$(cd "$1" && pwd)

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
export OUTLOCAL_STATE="$fresh/state"
unset OUTLOCAL_BINARY

tarballs=()
for package in "$dist"/npm/*/; do
  name=$(cd "$package" && npm pack --silent --pack-destination "$fresh")
  tarballs+=("$fresh/$name")
  echo "packed $name"
done

echo "--- outlocal without its platform's package"
mkdir "$fresh/bare" && cd "$fresh/bare"
echo '{"private": true}' >package.json
npm install --loglevel=error --no-audit --no-fund --omit=optional "$fresh"/outlocal-[0-9]*.tgz
status=0
npx --no-install outlocal version 2>complaint || status=$?
grep -q '^hint: install again without --omit=optional' complaint || { echo "exit $status:" >&2; cat complaint >&2; exit 1; }
[ "$status" -eq 3 ] || { echo "exited $status, want 3" >&2; exit 1; }

mkdir "$fresh/app" && cd "$fresh/app"
cp "$here"/try/{package.json,tsconfig.json,webhook.cjs,node.test.mjs,vitest.test.ts,jest.test.js,types.ts,types.cts} .
# The runners are pinned, what they need is not: npm writes no lock file that holds for another system than its own.
npm install --loglevel=error --no-audit --no-fund --no-package-lock --no-save --prefer-offline "${tarballs[@]}"
echo "--- npx outlocal";      npx --no-install outlocal version
echo "--- node --test";       node --test node.test.mjs
echo "--- vitest";            npx --no-install vitest run vitest.test.ts
echo "--- jest";              npx --no-install jest jest.test.js
echo "--- tsc";               npx --no-install tsc --project .
echo "all of npm's packages work"
