#!/usr/bin/env bash
# Every C++ file looks as .clang-format says: format_test.bash SOURCES. Run by ctest; to mend: clang-format-14 -i FILES.
set -euo pipefail
cd "$1"
tool=$(command -v clang-format-14 || true)
if [ -z "$tool" ]; then
  echo "skipped: there is no clang-format-14 here (package clang-format-14)"
  exit 0
fi
wrong=$(git -c safe.directory="$PWD" ls-files '*.hpp' '*.cpp' | xargs -P 2 -n 40 "$tool" --dry-run 2>&1 | grep -oE '^[^: ]+\.[hc]pp' | sort -u || true)
if [ -n "$wrong" ]; then
  printf 'not formatted:\n%s\n' "$wrong"
  exit 1
fi
echo "all files are formatted"
