#!/usr/bin/env bash
# clang-tidy, with the checks of .clang-tidy, on the layers that are cheap to read: clang_tidy_test.bash SOURCES BUILD. Run by ctest.
set -euo pipefail
sources=$1 build=$2
cd "$sources"
tool=$(command -v clang-tidy-14 || true)
if [ -z "$tool" ]; then
  echo "skipped: there is no clang-tidy-14 here (package clang-tidy-14)"
  exit 0
fi
# A finding is a line of the tree's own; clang's count of what it suppressed is not.
findings=$(git -c safe.directory="$sources" ls-files 'protocols/core/*.cpp' 'storage/database/*.cpp' 'config/process/*.cpp' 'config/settings/*.cpp' |
  xargs -P 2 -n 3 nice "$tool" -quiet -p "$build" 2>/dev/null | grep -E '(warning|error):' | sort -u || true)
if [ -n "$findings" ]; then
  printf '%s\n' "$findings"
  exit 1
fi
echo "no findings"
