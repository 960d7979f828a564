# Sourced by the other scripts: finds a tool, or installs it from the
# distribution's packages where that is allowed, or says what to install.

# have COMMAND: on the PATH, or where the distribution keeps PostgreSQL's own.
have() { command -v "$1" >/dev/null 2>&1 || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null; }

# bring PACKAGE WHAT: installs the package where that is allowed.
bring() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && [ -z "${ZHENGSHU_NO_INSTALL:-}" ] || return 0
  echo "installing package $1 for $2 …" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"; } >/dev/null 2>&1 || true
}

# need COMMAND PACKAGE WHAT: have COMMAND afterwards, or say what to install.
need() {
  have "$1" && return 0
  bring "$2" "$3"
  have "$1" && return 0
  echo "$3 needs the command $1: install the package $2 (apt-get install $2) and run again." >&2
  return 1
}

step() { # step NAME COMMAND…: runs it and prints how long it took
  local name=$1 start end; shift
  start=$(date +%s%N)
  "$@" || { echo "FAILED: $name" >&2; return 1; }
  end=$(date +%s%N)
  printf '%-44s %6.1f s\n' "$name" "$(( (end - start) / 100000000 ))e-1" >&2
}

# at_end COMMAND: runs it when the script ends, before those named earlier.
ends=()
at_end() { ends=("$1" "${ends[@]}"); trap 'for end in "${ends[@]}"; do $end; done' EXIT; }
