#!/usr/bin/env bash
# Runs a command of outlocal as a step: its reports go where GitHub shows them, its exit code is the step's.
set -euo pipefail

fail() {
  echo "::error title=outlocal::$1"
  echo "exit-code=2" >>"$GITHUB_OUTPUT"
  exit 2
}

scratch=$(mktemp -d "$RUNNER_TEMP/outlocal.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Words are read as a shell reads them, and nothing in them is run: xargs knows quotes, and neither variables nor commands.
words=()
if [ -n "${INPUT_ARGS//[[:space:]]/}" ]; then
  printf '%s\n' "$INPUT_ARGS" | xargs printf '%s\0' >"$scratch/words" || fail "read the input args: a quote is not closed"
  while IFS= read -r -d '' word; do words+=("$word"); done <"$scratch/words"
fi

# A release knows the reports that its command has.
knows() {
  [ -s "$scratch/help" ] || "$OUTLOCAL_PROGRAM" "$INPUT_COMMAND" --help >"$scratch/help"
  grep -q -- "^ *$1 " "$scratch/help"
}

reports=()
ask_for_reports() {
  if [ -n "$INPUT_JUNIT" ]; then
    knows --junit || fail "this release of outlocal writes no JUnit report of $INPUT_COMMAND"
    mkdir -p "$(dirname "$INPUT_JUNIT")"
    reports+=(--junit "$INPUT_JUNIT")
  fi
  if [ "$INPUT_SUMMARY" = true ] && knows --markdown; then reports+=(--markdown "$scratch/summary.md"); fi
  if [ "$INPUT_ANNOTATE" = true ] && knows --annotate; then reports+=(--annotate github); fi
}

# The value of a member of the first document that a command printed. None of those asked for here holds a quote.
member() { sed -n "1s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$scratch/ready" | sed 's/\\\\/\\/g'; }

# An emulator stays after its step: a runner ends what is left when the job ends. Later steps find it by its variables.
emulate() {
  "$OUTLOCAL_PROGRAM" emulate --detach --json "$@" >"$scratch/ready" || return
  local http https control ca
  http=$(member http) https=$(member https) control=$(member control) ca=$(member ca)
  {
    echo "OUTLOCAL_GRAPH_URL=$https"
    echo "OUTLOCAL_OUTLOOK_URL=$https"
    echo "OUTLOCAL_AUTHORITY=$https"
    echo "OUTLOCAL_CONTROL_URL=$control"
    echo "OUTLOCAL_EMULATOR=$control"
    [ -z "$ca" ] || printf '%s\n' "OUTLOCAL_CA=$ca" "NODE_EXTRA_CA_CERTS=$ca"
  } >>"$GITHUB_ENV"
  echo "control=$control" >>"$GITHUB_OUTPUT"
  echo "the emulator is at $http and $https, its control API at $control"
}

status=0
case "$INPUT_COMMAND" in
  verify)
    [ -n "$INPUT_URL" ] || fail "verify needs your webhook's URL in the input url"
    ask_for_reports
    "$OUTLOCAL_PROGRAM" verify "$INPUT_URL" ${reports[@]+"${reports[@]}"} ${words[@]+"${words[@]}"} || status=$?
    ;;
  run)
    ask_for_reports
    [ -z "$INPUT_URL" ] || reports+=(--webhook "$INPUT_URL")
    "$OUTLOCAL_PROGRAM" run ${reports[@]+"${reports[@]}"} ${words[@]+"${words[@]}"} || status=$?
    ;;
  emulate)
    [ -z "$INPUT_URL" ] || words=(--webhook "$INPUT_URL" ${words[@]+"${words[@]}"})
    emulate ${words[@]+"${words[@]}"} || status=$?
    ;;
  *) fail "the input command can be verify, run or emulate; it is $INPUT_COMMAND" ;;
esac

[ ! -s "$scratch/summary.md" ] || cat "$scratch/summary.md" >>"$GITHUB_STEP_SUMMARY"
echo "exit-code=$status" >>"$GITHUB_OUTPUT"
exit "$status"
