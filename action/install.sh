#!/usr/bin/env bash
# Installs a release of outlocal for the steps that follow, or takes the binary that is given. What is downloaded is run only if its
# checksum is the release's.
set -euo pipefail

fail() {
  echo "::error title=outlocal::$1"
  exit 2
}

# A path as the runner writes it, which on Windows is not how bash does.
native() { if command -v cygpath >/dev/null; then cygpath -w "$1"; else printf '%s\n' "$1"; fi; }

use() {
  echo "binary=$(native "$1")" >>"$GITHUB_OUTPUT"
  native "$(dirname "$1")" >>"$GITHUB_PATH"
  "$1" version
  exit 0
}

if [ -n "${INPUT_BINARY:-}" ]; then
  [ -x "$INPUT_BINARY" ] || fail "there is no program at $INPUT_BINARY, which the input binary names"
  use "$(cd "$(dirname "$INPUT_BINARY")" && pwd)/$(basename "$INPUT_BINARY")"
fi

version=${INPUT_VERSION:-${ACTION_REF:-}}
[[ $version =~ ^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "name a release in the input version, such as v1.2.3, or a binary of your own in the input binary; the Action is used by ${ACTION_REF:-no tag}, which is none"
version=v${version#v}

case "${RUNNER_OS:-}" in
  Linux) system=linux ;;
  macOS) system=darwin ;;
  Windows) system=windows ;;
  *) fail "there is no release for ${RUNNER_OS:-this system}" ;;
esac
case "${RUNNER_ARCH:-}" in
  X64) architecture=amd64 ;;
  ARM64) architecture=arm64 ;;
  *) fail "there is no release for ${RUNNER_ARCH:-this architecture}" ;;
esac
stem=outlocal_${version#v}_${system}_$architecture
program=outlocal
archive=$stem.tar.gz
if [ "$system" = windows ]; then
  program=outlocal.exe
  archive=$stem.zip
fi

home=${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/outlocal/$version/$architecture
[ -x "$home/$stem/$program" ] && use "$home/$stem/$program"

download=$(mktemp -d "$RUNNER_TEMP/outlocal.XXXXXX")
trap 'rm -rf "$download"' EXIT
cd "$download"
for name in SHA256SUMS "$archive"; do
  curl --fail --silent --show-error --location --retry 3 --output "$name" "$INPUT_RELEASES/$version/$name" ||
    fail "download $name of $version from $INPUT_RELEASES: is there such a release?"
done

sum=$( (sha256sum "$archive" 2>/dev/null || shasum -a 256 "$archive") | cut -d ' ' -f 1)
grep -qx "$sum [ *]$archive" SHA256SUMS || fail "the checksum of $archive is $sum, which is not what the release says: it is not installed"

if [ "$system" = windows ]; then unzip -q "$archive"; else tar -xzf "$archive"; fi
mkdir -p "$home"
rm -rf "${home:?}/$stem"
mv "$stem" "$home/"
use "$home/$stem/$program"
