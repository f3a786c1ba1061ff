#!/usr/bin/env bash
# A chosen part of the tests under AddressSanitizer and UndefinedBehaviorSanitizer, in build/address: JSON, the rules of messaging, the
# runtime on virtual time. The fuzz targets have the edge under the same sanitizers. Run by ctest in a release build:
# sanitized_part_test.bash SOURCES.
set -euo pipefail
cd "$1"
# shellcheck source=config/build/steps.bash
source config/build/steps.bash
targets=(json_test messaging_rules_test runtime_entity_test runtime_relay_test)
build address "${targets[@]}"
names=$(IFS='|'; printf '%s' "${targets[*]}")
ctest --test-dir build/address --output-on-failure --parallel 2 -R "^($names)\$"
