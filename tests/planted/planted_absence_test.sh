#!/bin/bash
# The released binary has nothing of the planted faults; the planted one has, which shows that this test can see them.
# Called by ctest: planted_absence_test.sh NOVA NOVA_PLANTED
set -eu
status=0
symbols() { nm -C "$1" | grep -c 'nova::\(planted\|plant\|parse_planted_fault\)(' || true; }
texts() { grep -c 'NOVA_PLANTED' "$1" || true; }

for what in symbols texts; do
  [ "$($what "$1")" = 0 ] || { echo "the released binary contains planted faults ($what)"; status=1; }
  [ "$($what "$2")" != 0 ] || { echo "the planted binary contains none ($what): the test is blind"; status=1; }
done
exit $status
