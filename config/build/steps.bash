# The steps that config/up and tests/run share: packages, build, web page. Sourced; everything it says goes to stderr.
# Needs: bash, coreutils, and dpkg for the packages.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

say() { printf 'nova: %s\n' "$*" >&2; }

fail() {  # fail STATUS TEXT…
  local status=$1
  shift
  say "$@"
  exit "$status"
}

# Prints the entries of the named sections of config/packages, one a line.
packages_of() {
  local section line
  while IFS= read -r line; do
    line=${line%%#*}
    case $line in
      '['*']') section=${line#[} section=${section%]} ;;
      *[![:space:]]*) case " $* " in *" $section "*) printf '%s\n' "$line" ;; esac ;;
    esac
  done < "$root/config/packages"
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

node_is_new_enough() {
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18' 2>/dev/null)" = true ]
}

is_met() {  # one alternative of an entry
  case $1 in
    command:node) node_is_new_enough ;;
    command:*) command -v "${1#command:}" >/dev/null ;;
    *) is_installed "$1" ;;
  esac
}

# Prints the packages to install for the named sections; nothing when all is there.
missing_packages() {
  local entry alternative met last
  packages_of "$@" | while IFS= read -r entry; do
    met=no
    for alternative in ${entry//|/ }; do
      last=$alternative
      if is_met "$alternative"; then met=yes; break; fi
    done
    [ $met = yes ] || printf '%s\n' "$last"
  done
}

# Installs what the named sections lack; a user who may not is told what to run, status 3.
need_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  missing=${missing% }
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    say "these Debian packages are missing: $missing"
    say "install them as root, then start this again:"
    say "  apt-get update && apt-get install -y --no-install-recommends $missing"
    exit 3
  fi
  command -v apt-get >/dev/null || fail 3 "these packages are missing and there is no apt-get: $missing"
  say "installing $missing"
  local options=(-y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  export DEBIAN_FRONTEND=noninteractive
  apt-get "${options[@]}" -qq update >&2 || say "apt-get update failed; trying with the lists at hand"
  # shellcheck disable=SC2086  # a list of words
  without_services apt-get "${options[@]}" -qq --no-install-recommends install $missing >&2 ||
    fail 3 "apt-get could not install: $missing"
}

# without_services COMMAND…: packages that it installs start no service, now or with the machine: Nova starts the programs that it
# needs. A rule of the machine's own stays as it is.
without_services() {
  (
    policy=${NOVA_POLICY_FILE:-/usr/sbin/policy-rc.d}
    if [ ! -e "$policy" ]; then
      trap 'rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
    fi
    had=' '
    for package in nginx etcd-server patroni; do
      if is_installed $package; then had+="$package "; fi
    done
    "$@" || exit
    command -v systemctl > /dev/null || exit 0
    for service in nginx etcd patroni; do
      package=${service/#etcd/etcd-server}
      case $had in *" $package "*) continue ;; esac
      if is_installed $package; then systemctl --quiet disable $service || true; fi
    done
  )
}

# As many compilers as there are CPUs, and 1.5 GiB of memory for each.
build_jobs() {
  local cpus memory_kib
  cpus=$(nproc)
  memory_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  local by_memory=$((memory_kib / (1536 * 1024)))
  [ "$by_memory" -ge 1 ] || by_memory=1
  echo $((cpus < by_memory ? cpus : by_memory))
}

# One build at a time in a folder: the process that holds descriptor 9.
lock_build() {
  exec 9> "$1/.lock"
  flock -n 9 && return
  say "waiting for another build in $1"
  flock 9
}

# build PRESET TARGET…: configures build/PRESET when it must, by CMakePresets.json, then builds; one at a time per folder.
build() {
  local preset=$1 folder="$root/build/$1" wanted
  shift
  mkdir -p "$folder" 2>/dev/null || true
  [ -w "$folder" ] ||
    fail 1 "$folder cannot be written by $(id -un); remove it or build in a clone of your own"
  lock_build "$folder"
  wanted="$root $(sha256sum < "$root/CMakePresets.json" 2>/dev/null)"
  if [ "$(cat "$folder/.configured" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles" "$folder/build.ninja"
  fi
  if [ ! -f "$folder/build.ninja" ]; then
    say "configuring $folder"
    (cd "$root" && cmake --preset "$preset") >&2 || fail 1 "the configuration failed"
    printf '%s\n' "$wanted" > "$folder/.configured"
  fi
  ninja -C "$folder" -j "$(build_jobs)" "$@" >&2 || fail 1 "the build failed"
  exec 9>&-
}

# Prints the commit of the previous release: the newest tag before this commit, and without a tag the one that
# config/build/previous_release names. Status 1: this clone does not have it, as a shallow one.
previous_release() {
  local commit
  commit=$(git -C "$root" describe --tags --abbrev=0 HEAD^ 2>/dev/null) || commit=$(cat "$root/config/build/previous_release")
  git -C "$root" rev-parse --quiet --verify "$commit^{commit}"
}

# Builds the nova of COMMIT beside the builds, in build/previous/COMMIT, and keeps it; prints its path.
build_previous() {  # build_previous COMMIT
  local folder="$root/build/previous/$1"
  if [ ! -f "$folder/.unpacked" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    git -C "$root" archive "$1" | tar -x -C "$folder"
    touch "$folder/.unpacked"
  fi
  (root=$folder && build release nova)
  printf '%s\n' "$folder/build/release/gateway/nova"
}

# build_web FOLDER: the page into build/FOLDER/web, when its sources changed. Without a registry an older page, or none, is
# served: Nova itself does not need it. A build that failed is not tried again at each start.
build_web() {
  local web="$root/gateway/web" folder="$root/build/$1" stamp
  [ -f "$web/package.json" ] || return 0
  stamp=$(cd "$web" && find . "$root/config/guide" -name node_modules -prune -o -path ./dist -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)
  lock_build "$folder"
  if [ "$(cat "$folder/web.stamp" 2>/dev/null)" = "$stamp" ] && [ -f "$folder/web/index.html" ]; then
    :
  elif [ "$(cat "$folder/web.failed" 2>/dev/null)" = "$stamp" ] && [ -n "$(find "$folder/web.failed" -mmin -60)" ]; then
    say "the web page could not be built within the last hour; remove $folder/web.failed to try again"
  else
    say "building the web page"
    local work="$folder/web-sources"
    mkdir -p "$work"
    find "$work" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} +
    tar -C "$web" --exclude=node_modules --exclude=./dist -cf - . | tar -C "$work" -xf -
    if (export NOVA_WEB_OUT="$folder/web" NOVA_GUIDES="$root/config/guide"
        cd "$work" && install_node_modules && npm run --silent build &&
        cd docs && install_node_modules && npm run --silent build) >&2; then
      printf '%s\n' "$stamp" > "$folder/web.stamp"
      rm -f "$folder/web.failed"
    else
      printf '%s\n' "$stamp" > "$folder/web.failed"
      say "the web page could not be built (see above); going on without"
    fi
  fi
  exec 9>&-
}

# What the lock file says, unless it is installed already. `npm ci` refuses a lock file that leaves out the optional packages of
# other platforms; `npm install` takes the same versions from it and does not write it.
install_node_modules() {
  local want
  want=$(sha256sum package-lock.json)
  [ "$(cat node_modules/.nova-lock 2>/dev/null)" != "$want" ] || return 0
  local options=(--no-audit --no-fund --loglevel=error --fetch-retry-mintimeout=500 --fetch-timeout=30000)
  npm ci "${options[@]}" --fetch-retries=0 >/dev/null 2>&1 || npm install --fetch-retries=1 --no-save "${options[@]}" || return 1
  printf '%s\n' "$want" > node_modules/.nova-lock
}
