#!/usr/bin/env bash
# with_npm.sh SCRATCH COMMAND…: runs the command in SCRATCH beside the npm packages of this folder's lock file. Run by ctest.
set -euo pipefail
scratch=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
command -v npm >/dev/null || { echo "npm is missing: apt-get install npm" >&2; exit 1; }
mkdir -p "$scratch"
cp "$here"/*.mjs "$here/package.json" "$scratch"
if ! cmp -s "$here/package-lock.json" "$scratch/installed-lock.json"; then
  cp "$here/package-lock.json" "$scratch"
  (cd "$scratch" && npm ci --no-audit --no-fund --silent)
  cp "$here/package-lock.json" "$scratch/installed-lock.json"
fi
cd "$scratch"
exec "$@"
