# Functions that the scripts share. To be sourced by bash with `set -euo pipefail`; defines `root` and runs nothing.
# shellcheck shell=bash

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '==> %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

# Runs a command as root: as it is, or through sudo.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    return 126
  fi
}

# The packages of the given sections of packages.txt, one a line.
packages_of() {
  local section packages
  for section in "$@"; do
    packages="$(awk -v section="${section}" '
      /^##/ { next }
      /^# / { within = ($2 == section ":"); next }
      within && NF { print $1 }' "${root}/scripts/packages.txt")"
    [[ -n "${packages}" ]] || die "scripts/packages.txt has no section ${section}"
    printf '%s\n' "${packages}"
  done
}

missing_packages() { # section…
  local package packages
  packages="$(packages_of "$@")" || exit
  for package in ${packages}; do
    [[ "$(dpkg-query -W -f='${db:Status-Status}' "${package}" 2>/dev/null)" == installed ]] || printf '%s\n' "${package}"
  done
}

# Installs what is missing of the given sections. With nothing missing it is quick, and needs neither root nor network.
# PRW_NO_INSTALL=1: only says what is missing, and goes on; the build then says what it cannot do without.
install_packages() { # section…
  local missing log started=${SECONDS}
  missing="$(missing_packages "$@")" || exit
  [[ -n "${missing}" ]] || return 0
  if [[ "${PRW_NO_INSTALL:-}" == 1 ]]; then
    say "not installed (PRW_NO_INSTALL=1): ${missing//$'\n'/ }"
    return 0
  fi
  say "installing Debian packages for $*: ${missing//$'\n'/ }"
  log="$(mktemp "${TMPDIR:-/tmp}/prw-apt.XXXXXX.log")"
  # shellcheck disable=SC2086 # one word a package
  if as_root bash "${root}/scripts/install-packages" ${missing} >"${log}" 2>&1; then
    rm -f "${log}"
    say "installed in $((SECONDS - started)) s"
    return 0
  fi
  tail -n 25 "${log}" >&2
  ((EUID == 0)) || command -v sudo >/dev/null || printf 'Not root, and no sudo.\n' >&2
  die "packages could not be installed (whole log: ${log}). To do it by hand: apt-get install ${missing//$'\n'/ }"
}

# Configures a preset and builds it, or some targets of it. CMake's output is shown only where it fails, but for what it
# leaves out; the compiler's is shown.
configure_and_build() { # preset [target…]
  local preset="$1" log="${root}/build/$1/configure.log" started=${SECONDS}
  shift
  mkdir -p "${root}/build/${preset}"
  # Objects are shared between checkouts: paths within one are seen relative to it.
  export CCACHE_BASEDIR="${CCACHE_BASEDIR-${root}}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR-1}"
  # Ninja's default is two more jobs than cores, which small machines have no memory for.
  export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}"
  if ! (cd "${root}" && cmake --preset "${preset}") >"${log}" 2>&1; then
    cat "${log}" >&2
    printf 'error: cmake --preset %s failed (log: %s)\n' "${preset}" "${log}" >&2
    return 1
  fi
  # A target asked for by name leaves nothing out, and the sanitizer presets leave out the benchmarks on purpose.
  (($#)) || [[ "${preset}" == [at]san ]] ||
    awk '/^-- / { within = /features have been disabled/ } within && sub(/^ \* /, "    left out: ")' "${log}"
  if ! (cd "${root}" && cmake --build --preset "${preset}" ${1:+--target "$@"}); then
    printf 'error: cmake --build --preset %s failed\n' "${preset}" >&2
    return 1
  fi
  say "${preset}: ready in $((SECONDS - started)) s"
}

# 75 -> "1 min 15 s"
duration() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}
