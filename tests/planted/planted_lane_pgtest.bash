#!/usr/bin/env bash
# A hung fsync, planted back (core review A6): planted_lane_pgtest.bash BINARY. The lane's own test passes without the fault and
# fails with it, by its checks.
set -u
case='A6: a short hang inside a COMMIT*'
"$1" -tc="$case" || { echo "the test fails without a fault"; exit 1; }
said=$(NOVA_PLANTED_FAULT=number_given_up "$1" -tc="$case" 2>&1) && { echo "number_given_up is not caught"; exit 1; }
grep -q 'SELECT value FROM counter' <<< "$said" || { echo "$said"; echo "another check failed"; exit 1; }
echo "number_given_up is caught"
