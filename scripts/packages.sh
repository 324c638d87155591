# Sourced by the other scripts: installs Debian packages that are missing, and says so.

# need COMMAND PACKAGE: makes sure that COMMAND is there.
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  echo "installing $2 (for $1)" >&2
  if [ "$(id -u)" -ne 0 ]; then
    echo "$0: $1 is missing; install it: apt-get install $2" >&2
    return 69
  fi
  if [ -z "${packages_updated:-}" ]; then
    apt-get update -qq >/dev/null
    packages_updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
}

# need_swift: makes sure that there is a Swift toolchain; it is not a Debian package.
need_swift() {
  command -v swift >/dev/null 2>&1 && return 0
  echo "$0: no Swift toolchain; install Swift 6.3 or newer from swift.org" >&2
  return 69
}
