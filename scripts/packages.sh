# Sourced by the other scripts: installs Debian packages that are missing, and says so.

# install_package WHAT PACKAGE: installs a package for the sake of something that is missing.
install_package() {
  echo "installing $2 (for $1)" >&2
  if [ "$(id -u)" -ne 0 ]; then
    echo "$0: $1 is missing; install it: apt-get install $2" >&2
    return 69
  fi
  update_packages
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
}

# update_packages: refreshes the list of packages, once in a run.
update_packages() {
  [ -z "${packages_updated:-}" ] || return 0
  apt-get update -qq >/dev/null
  # Scripts that this one starts need not do it again.
  export packages_updated=yes
}

# need COMMAND PACKAGE: makes sure that COMMAND is there.
need() {
  command -v "$1" >/dev/null 2>&1 || install_package "$1" "$2"
}

# need_file FILE PACKAGE: makes sure that FILE is there, of a package without a command.
need_file() {
  [ -e "$1" ] || install_package "$1" "$2"
}

# need_toolchain: makes sure that the package can be built. Swift is not a Debian package.
need_toolchain() {
  command -v swift >/dev/null 2>&1 || {
    echo "$0: no Swift toolchain; install Swift 6.3 or newer from swift.org" >&2
    return 69
  }
  need_file /usr/include/gpiod.h libgpiod-dev
  need_file /usr/include/i2c/smbus.h libi2c-dev
  need_file /usr/include/sqlite3.h libsqlite3-dev
}
