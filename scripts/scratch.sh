# Sourced after need.sh: what tests write goes to a folder in memory, which is
# gone with the script. On a disk they wait for it at every commit and at every
# one of the two thousand files of a PostgreSQL database. What the tests prove
# against kill -9 lies in the kernel on either. A TMPDIR that is set is taken.

# scratch_in FOLDER: makes one there when it lies in memory, has room, and may
# hold programs.
scratch_in() {
  [ "$(stat -f -c %T "$1" 2>/dev/null)" = tmpfs ] || return 1
  [ "$(df --output=avail -k "$1" | tail -n 1)" -ge $((6 << 20)) ] || return 1
  [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -ge $((10 << 20)) ] || return 1
  scratch=$(mktemp -d "$1/zhengshu-test.XXXXXX") || return 1
  at_end "rm -rf $scratch"
  chmod 711 "$scratch" # PostgreSQL has a user of its own
  printf '#!/bin/sh\n' >"$scratch/program" && chmod 700 "$scratch/program" && "$scratch/program" && rm "$scratch/program"
}
if [ -z "${TMPDIR:-}" ]; then
  if scratch_in /dev/shm; then
    export GOTMPDIR=${GOTMPDIR:-/tmp} # the test programs, some gigabytes, stay on the disk
    export TMPDIR=$scratch
  else
    echo "tests write to the disk and take longer: /dev/shm has no 6 GB free, may hold no programs, or the machine has no 10 GB of memory left." >&2
  fi
fi
