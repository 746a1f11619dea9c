#!/usr/bin/env bash
# Run a command with a private PostgreSQL and a private Redis on free loopback ports, and remove both afterwards.
# The database role is not a superuser and does not bypass row-level security, as in production.
# The command finds them in DATABASE_URL and REDIS_URL. Usage: scripts/with_services.sh COMMAND...
set -euo pipefail

need() { echo "$1 is missing. On Debian or Ubuntu: sudo apt-get install $2" >&2; exit 1; }
bindir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -n "$bindir" ] || bindir=$(dirname "$(command -v initdb || echo none/initdb)")
[ -x "$bindir/initdb" ] || need "PostgreSQL (initdb)" postgresql
command -v redis-server >/dev/null || need "Redis (redis-server)" redis-server

scratch=$(mktemp -d /tmp/clipdesk-services.XXXXXX)
as_postgres() { "$@"; }
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  chown postgres "$scratch"
  as_postgres() { runuser -u postgres -- "$@"; }
fi

redis_pid=
tear_down() {
  trap - EXIT INT TERM
  [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || true
  as_postgres "$bindir/pg_ctl" -D "$scratch/data" -m immediate -s stop >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap tear_down EXIT
trap 'exit 130' INT TERM

read -r pg_port redis_port < <("${PYTHON:-python3}" - <<'PY'
import socket

ends = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(end.getsockname()[1] for end in ends))
PY
)
cd "$scratch"
as_postgres "$bindir/initdb" -D "$scratch/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$scratch/initdb.log" \
  || { cat "$scratch/initdb.log" >&2; exit 1; }
# A test cluster needs no protection from power cuts.
as_postgres "$bindir/pg_ctl" -D "$scratch/data" -l "$scratch/data/server.log" -s -w start -o \
  "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$scratch -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200" \
  || { cat "$scratch/data/server.log" >&2; exit 1; }
psql=("$bindir/psql" -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pg_port" -U postgres)
"${psql[@]}" -c "CREATE ROLE clipdesk LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB PASSWORD 'clipdesk'"
"${psql[@]}" -c "CREATE DATABASE clipdesk OWNER clipdesk"
redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --maxmemory-policy noeviction \
  --dir "$scratch" --logfile "$scratch/redis.log" &
redis_pid=$!
for _ in $(seq 50); do
  redis-cli -p "$redis_port" ping >/dev/null 2>&1 && break
  kill -0 "$redis_pid" 2>/dev/null || { cat "$scratch/redis.log" >&2; exit 1; }
  sleep 0.1
done

cd "$OLDPWD"
export DATABASE_URL="postgres://clipdesk:clipdesk@127.0.0.1:$pg_port/clipdesk"
export REDIS_URL="redis://127.0.0.1:$redis_port/0"
"$@"
