# `config/up --nodes N`: several nodes on loopback that are one Nova, on a private PostgreSQL of their own. Sourced by config/up after
# the build. Needs: bash, coreutils, and the packaged PostgreSQL.

server_bin() {  # of the newest PostgreSQL of the machine
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [ -x "$newest/initdb" ] || fail 3 "there is no PostgreSQL in /usr/lib/postgresql"
  printf '%s' "$newest"
}

as_server() {  # PostgreSQL does not run as root
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# Makes the databases at the first start; sets `dsns`, the settings file with the connection strings. A node needs some ten
# connections for each of its domains, so 100 a node.
start_databases() {  # DATA NOVA N
  local data=$1 nova=$2 bin folder=$1/postgres user
  bin=$(server_bin)
  dsns=$data/nova.toml
  mkdir -p "$folder"
  if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; user=postgres; else user=$(id -un); fi
  if [ ! -f "$folder/data/PG_VERSION" ]; then
    (cd / && as_server "$bin/initdb" -D "$folder/data" -U "$user" -E UTF8 --locale=C.UTF-8 --auth=peer >&2)
    printf "local all %s peer\nlocal all all scram-sha-256\n" "$user" |
      as_server tee "$folder/data/pg_hba.conf" > /dev/null
  fi
  (cd / && as_server "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=$(($3 * 100))" start >&2)
  [ -f "$dsns" ] && return
  (umask 077 && "$nova" databases --host "$folder" --settings "$dsns" > "$data/databases.sql")
  (cd / && as_server "$bin/psql" -h "$folder" -d postgres -v ON_ERROR_STOP=1 -q < "$data/databases.sql" >&2)
  rm "$data/databases.sql"
}

stop_databases() {  # DATA
  (cd / && as_server "$(server_bin)/pg_ctl" -D "$1/postgres/data" -m fast stop >&2) || true
}

# The roles of node I of N: the first two are gateways; domains are spread over all nodes, each on two of them.
roles_of() {  # I N DOMAIN…
  local i=$1 n=$2 at=0 roles
  shift 2
  [ "$i" -le 2 ] && roles=gateway
  for domain in "$@"; do
    if [ $((at % n + 1)) = "$i" ] || [ $(((at + 1) % n + 1)) = "$i" ]; then roles=${roles:+$roles,}$domain; fi
    at=$((at + 1))
  done
  printf '%s' "$roles"
}

# Serves until a signal comes; each gateway's ready line goes to descriptor 3.
serve_nodes() {  # N PORT DATA NOVA
  local n=$1 port=$2 data=$3 nova=$4 i pids=() domains
  mkdir -p "$data"
  chmod go+x "$data"
  start_databases "$data" "$nova" "$n"
  mapfile -t domains < <(sed -n '/^\[storage\.dsn\]/,/^\[storage\.owner_dsn\]/s/^\([a-z]*\) = .*/\1/p' "$dsns")
  trap 'kill "${pids[@]}" 2>/dev/null; wait; stop_databases "$data"; exit 0' INT TERM
  for ((i = 1; i <= n; i++)); do
    local others=()
    [ "$i" -le 2 ] && others=(--set gateway.others="http://127.0.0.1:$((port + 2 - i))")
    "$nova" serve --config "$dsns" --data "$data/node$i" --port $((port + i - 1)) "${others[@]}" \
      --set gateway.rtmp_port=$((port + 300 + i)) --set cluster.node="node$i" --set cluster.listen="127.0.0.1:$((port + 100 + i))" \
      --set cluster.seeds="127.0.0.1:$((port + 101))" --set cluster.operations="127.0.0.1:$((port + 200 + i))" \
      --set cluster.keys_dir="$data/keys" --set media.folder="$data" --set cluster.roles="$(roles_of "$i" "$n" "${domains[@]}")" 1>&3 &
    pids+=($!)
    say "node$i is process $!, its operations pages are at 127.0.0.1:$((port + 200 + i))"
  done
  while [ -n "$(jobs -rp)" ]; do wait -n || true; done
  stop_databases "$data"
}
