#!/usr/bin/env bash
# openapi_test.sh SCRATCH DOCUMENT: the OpenAPI document is valid by a validator that is not ours. Run by ctest.
set -euo pipefail
scratch=$1 document=$2
here=$(cd "$(dirname "$0")" && pwd)
command -v npm >/dev/null || { echo "npm is missing: apt-get install npm" >&2; exit 1; }
mkdir -p "$scratch"
cp "$here/openapi_test.mjs" "$here/package.json" "$scratch"
if ! cmp -s "$here/package-lock.json" "$scratch/installed-lock.json"; then
  cp "$here/package-lock.json" "$scratch"
  (cd "$scratch" && npm ci --no-audit --no-fund --silent)
  cp "$here/package-lock.json" "$scratch/installed-lock.json"
fi
exec node "$scratch/openapi_test.mjs" "$document"
