#!/usr/bin/env bash
# sanitized_test.bash SAMPLE address|thread: `sanitized` fails a test for every kind of report, and for none else.
set -uo pipefail
sanitized="$(dirname "${BASH_SOURCE[0]}")/sanitized"
sample=$1
failures=0

expect() {  # expect STATUS TEXT ARGUMENT…: the sample's status and what is printed
  local status=$1 text=$2 printed got
  shift 2
  printed=$("$sanitized" "$sample" "$@" 2>&1)
  got=$?
  if [ $got != "$status" ] || [[ $printed != *"$text"* ]]; then
    printf 'sample %s: status %s, not %s; wanted "%s" in:\n%s\n' "$*" $got "$status" "$text" "$printed"
    failures=$((failures + 1))
  fi
}

expect 0 "" none
expect 0 "" none killed
if [ "$2" = address ]; then
  expect 66 "heap-buffer-overflow" past-the-end
  expect 66 "heap-buffer-overflow" past-the-end killed
  expect 66 "detected memory leaks" forgotten
  expect 66 "shift exponent 40 is too large" shifted-too-far
  expect 66 "shift exponent 40 is too large" shifted-too-far killed
else
  expect 66 "data race" racing
  expect 66 "data race" racing killed
fi
exit $((failures > 0))
