# Sourced by the scripts that test: all of them share one optimised build of the programs and the tests. It
# lies in a folder of its own, as other flags, those of scripts/run say, would make all of it anew.

tested=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.build/tested
tested_build=(
  swift build --package-path "${tested%/.build/tested}" -c release -Xswiftc -enable-testing
  --scratch-path "$tested"
)
programs=$tested/release

# build_program LOG PRODUCT FLAG...: one of the programs, into the folder `programs`.
build_program() {
  local log=$1 product=$2
  shift 2
  mkdir -p "$(dirname "$log")"
  "${tested_build[@]}" "$@" --product "$product" >"$log" 2>&1 && return
  cat "$log" >&2
  echo "$0: $product does not build" >&2
  return 70
}
