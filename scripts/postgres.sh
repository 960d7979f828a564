# Sourced after need.sh: a throw-away PostgreSQL server in a folder of its own,
# named in ZHENGSHU_TEST_POSTGRES and gone with the script. One that is named
# already is taken.
find_pg() { { ls -d /usr/lib/postgresql/*/bin 2>/dev/null || dirname "$(command -v initdb)"; } | sort -V | tail -n 1; }
if [ -z "${ZHENGSHU_TEST_POSTGRES:-}" ]; then
  need initdb postgresql "testing on PostgreSQL"
  base=$(mktemp -d); pgport=$((20000 + RANDOM % 12000)) # below the ports Linux gives out by itself
  as=()
  if [ "$(id -u)" = 0 ]; then chown postgres "$base"; as=(runuser -u postgres --); fi
  cleanup() { "${as[@]}" "$(find_pg)/pg_ctl" -D "$base/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$base"; }
  at_end cleanup
  step "make a PostgreSQL server" "${as[@]}" "$(find_pg)/initdb" -D "$base/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
  # A throw-away server: no fsync. Durability is tested by kill -9 on the house, not here.
  "${as[@]}" "$(find_pg)/pg_ctl" -D "$base/data" -w -l "$base/log" -o "-p $pgport -k $base -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300" start >/dev/null
  export ZHENGSHU_TEST_POSTGRES="postgres://postgres@127.0.0.1:$pgport/postgres"
fi
