#!/usr/bin/env bash
# with_npm.sh FOLDER SCRATCH COMMAND…: runs the command in SCRATCH beside the npm packages of FOLDER's lock file. Run by ctest.
set -euo pipefail
from=$1 scratch=$2
shift 2
command -v npm >/dev/null || { echo "npm is missing: apt-get install npm" >&2; exit 1; }
mkdir -p "$scratch"
exec 9>"$scratch/lock"
flock 9
find "$from" -maxdepth 1 -type f -regex '.*/\(.*\.\(mjs\|js\|ts\|css\)\|\.npmrc\|tsconfig\.json\|package\.json\)' \
  -exec cp {} "$scratch" \;
if ! cmp -s "$from/package-lock.json" "$scratch/installed-lock.json"; then
  cp "$from/package-lock.json" "$scratch"
  (cd "$scratch" && npm ci --no-audit --no-fund --silent)
  cp "$from/package-lock.json" "$scratch/installed-lock.json"
fi
cd "$scratch"
exec 9>&-
exec "$@"
