#!/usr/bin/env bash
# One fuzz target, as ctest runs it: fuzz.bash BINARY SOURCES SCRATCH. Begins with the corpus in the tree, then mutates for
# NOVA_FUZZ_SECONDS (6) from NOVA_FUZZ_SEED (1, so that two runs of one tree try much the same; 0: a new one); a crash, a
# broken claim or a hang of 10 s fails and leaves a reproducer, whose path is printed.
set -euo pipefail

binary=$1 sources=$2 scratch=$3
name=$(basename "$binary" _fuzz)
seconds=${NOVA_FUZZ_SECONDS:-6}
seed=${NOVA_FUZZ_SEED:-1}
found=$scratch/found/$name
failures=$scratch/failures/$name
mkdir -p "$found" "$failures"
rm -f "$failures"/*

options=(-max_total_time="$seconds" -seed="$seed" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1
  -verbosity=1 -artifact_prefix="$failures/")
if [ -f "$sources/$name.dict" ]; then options+=(-dict="$sources/$name.dict"); fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# What a run finds stays in SCRATCH; the tree's corpus is read only.
log=$scratch/$name.log
if ! "$binary" "${options[@]}" "$found" "$sources/corpus/$name" > "$log" 2>&1; then
  grep -vE '^#[0-9]+\s+(NEW|REDUCE|RELOAD|pulse)' "$log" | tail -n 120
  echo "$name: failed; the input that did it:"
  ls "$failures"/*
  echo "again: $binary $failures/FILE"
  exit 1
fi
grep -E 'INFO: Seed|INITED|DONE|stat::number_of_executed_units' "$log"

seeds=$(find "$sources/corpus/$name" -type f | wc -l)
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
if [ "$seeds" -lt 1 ] || [ "${runs:-0}" -le $((seeds + 100)) ]; then
  echo "$name: $seeds seeds and ${runs:-0} runs: that is no fuzzing"
  exit 1
fi
