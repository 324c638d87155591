# Sourced by the scripts that drive a pump: a clinician with a key of his own.

# enroll_clinician BIN STATE FOLDER: makes a key in FOLDER, lets the pump in STATE know it, which root
# alone may, and trusts the pump. From then on pumpctl finds both.
enroll_clinician() {
  export PUMPCTL_KEY=$3/key PUMPCTL_PUMPS=$3/pumps
  local public enrolled as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  public=$("$1/pumpctl" key new | tail -n 1 | awk '{ print $NF }')
  enrolled=$("${as_root[@]}" "$1/pumpd" enroll --state "$2" --role clinician --name bench "$public")
  "$1/pumpctl" key trust --state "$2" "$(tail -n 1 <<<"$enrolled" | awk '{ print $NF }')"
}
