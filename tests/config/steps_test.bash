#!/usr/bin/env bash
# config/build/steps.bash against a pretended machine: what is missing, what a user is told, what root runs. Run by ctest.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
export NOVA_POLICY_FILE="$scratch/policy-rc.d"
failures=0

check() {  # check TEXT COMMAND…
  local text=$1
  shift
  if "$@"; then return; fi
  printf 'failed: %s\n' "$text"
  failures=$((failures + 1))
}

command_of() {  # command_of NAME BODY: a command of the pretended machine
  printf '#!/bin/bash\n%s\n' "$2" > "$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}

machine() {  # machine UID INSTALLED…: from here on dpkg, apt and id answer so
  rm -rf "${scratch:?}/bin" "${scratch:?}/apt.log"
  mkdir "$scratch/bin"
  command_of id "echo $1"
  shift
  command_of dpkg-query "case ' $* ' in *\" \${!#} \"*) printf installed ;; *) exit 1 ;; esac"
  command_of apt-get "printf '%s|%s\n' \"\${DEBIAN_FRONTEND:-}\" \"\$*\" >> '$scratch/apt.log'"
  command_of node "echo true"
  command_of npm ":"
}

steps() {  # runs a line with the steps loaded; status in $status, stdout in $out, stderr in $err
  status=0
  out=$(PATH="$scratch/bin:$PATH" bash -euo pipefail -c "source '$root/config/build/steps.bash'; $1" 2> "$scratch/err") || status=$?
  err=$(cat "$scratch/err")
}

has() { case $1 in *"$2"*) ;; *) printf '%s\n' "$1"; return 1 ;; esac; }

mapfile -t all < <(bash -c "source '$root/config/build/steps.bash'; packages_of build run test failover" | grep -v command: |
  sed 's/ |.*//')
check "the list of packages is read" [ "${#all[@]}" -gt 15 ]

machine 0 "${all[@]}"
steps "need_packages build run test"
check "nothing missing: status 0" [ "$status" = 0 ]
check "nothing missing: apt-get is left alone" [ ! -e "$scratch/apt.log" ]

machine 0 "${all[@]/pkg-config/pkgconf}"
steps "missing_packages build run test"
check "the second alternative counts" [ -z "$out" ]

machine 1000 "${all[@]/libcaf-dev/}"
steps "need_packages build run"
check "a user gets status 3" [ "$status" = 3 ]
check "a user is told what is missing" has "$err" "missing: libcaf-dev"
check "a user is told what to run" has "$err" "apt-get install -y --no-install-recommends libcaf-dev"
check "stdout stays empty" [ -z "$out" ]
check "a user runs no apt-get" [ ! -e "$scratch/apt.log" ]

machine 0 "${all[@]/libcaf-dev/}"
command_of node "echo false"
steps "need_packages build run"
check "root installs" has "$(cat "$scratch/apt.log")" "install libcaf-dev nodejs"
check "without questions" has "$(cat "$scratch/apt.log")" "noninteractive|"
check "after an update" has "$(head -1 "$scratch/apt.log")" " update"
check "stdout stays empty" [ -z "$out" ]

machine 0 "${all[@]/libcaf-dev/}"
command_of apt-get "cat '$NOVA_POLICY_FILE' >> '$scratch/policy' 2>/dev/null"
steps "need_packages build"
check "what is installed starts no service" has "$(cat "$scratch/policy")" "exit 101"
check "and services start again afterwards" [ ! -e "$NOVA_POLICY_FILE" ]
echo "of the machine" > "$NOVA_POLICY_FILE"
steps "need_packages build"
check "a rule of the machine's own stays" has "$(cat "$NOVA_POLICY_FILE")" "of the machine"
rm "$NOVA_POLICY_FILE"

machine 0 "${all[@]/libcaf-dev/}"
command_of systemctl "printf '%s\n' \"\$*\" >> '$scratch/services'"
command_of dpkg-query "case \${!#} in nginx | libcaf-dev) exit 1 ;; patroni) [ -e '$scratch/installed' ] ;; esac && printf installed"
command_of apt-get "case \"\$*\" in *' install '*) touch '$scratch/installed' ;; esac"
steps "need_packages build"
check "a service that came is not started with the machine" has "$(cat "$scratch/services")" "disable patroni"
check "one that was there before is left alone" [ "$(wc -l < "$scratch/services")" = 1 ]

machine 0 "${all[@]/libcaf-dev/}"
command_of apt-get "exit 100"
steps "need_packages build"
check "a failing apt-get ends it with status 3" [ "$status" = 3 ]
check "and leaves no rule behind" [ ! -e "$NOVA_POLICY_FILE" ]

machine 0 "${all[@]}"
command_of ninja "exit 1"
steps "root='$scratch' build release nova" || true
check "a build that fails ends it with status 1" [ "$status" = 1 ]

status=0
out=$("$root/config/up" --no-such-option 2> "$scratch/err") || status=$?
check "bad usage of up is status 2" [ "$status" = 2 ]
check "and stdout stays empty" [ -z "$out" ]

printf '%s failures\n' "$failures"
[ "$failures" = 0 ]
