#!/usr/bin/env bash
# Installs the Debian packages a list file names, only those that are missing; sudo only where not root.
# Usage: bash deploy/install_packages.sh LIST [--no-install]
#   --no-install   install nothing: name what is missing and fail
set -euo pipefail

die() { echo "install_packages: $*" >&2; exit 1; }

list=''
install=yes
for argument in "$@"; do
  case "$argument" in
    --no-install) install=no ;;
    -h|--help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
    -*) die "unknown option $argument; usage: install_packages.sh LIST [--no-install]" ;;
    *) [[ -z "$list" ]] || die "more than one list given: $list and $argument"
       list="$argument" ;;
  esac
done
[[ -n "$list" ]] || die "no list given; usage: install_packages.sh LIST [--no-install]"
[[ -r "$list" ]] || die "cannot read the package list $list"
command -v dpkg-query >/dev/null || die "this is not a Debian system (no dpkg-query): install what $list names by hand, then pass --no-install"

mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list")
# A name may stand for several architectures; one installed suffices.
is_installed() { dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }
missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
by_hand="${as_root[*]:+sudo }apt-get install ${missing[*]}"

if [[ "$install" == no ]]; then
  die "missing packages (not installed because of --no-install): ${missing[*]}"
fi
if [[ " ${missing[*]} " == *" libboost1.81-dev "* ]] && is_installed libboost1.74-dev && [[ "${CI:-}" != true ]]; then
  die "libboost1.74-dev is installed and cannot stand beside libboost1.81-dev, which Bauta needs: if nothing else on this machine builds with 1.74, run: $by_hand"
fi
if ((EUID != 0)) && ! command -v sudo >/dev/null; then
  die "missing packages: ${missing[*]}; neither root nor sudo is at hand: as root run apt-get install ${missing[*]}"
fi

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@"; }
# The lists are refreshed only where they do not know a package or name one that is gone from the mirror.
known() { apt-cache policy "$@" 2>/dev/null | grep -c 'Candidate: [^(]'; }
echo "install_packages: installing ${missing[*]}"
output="$(mktemp)"
trap 'rm -f "$output"' EXIT
if [[ "$(known "${missing[@]}")" == "${#missing[@]}" ]] &&
   apt install --no-install-recommends "${missing[@]}" >"$output" 2>&1; then
  exit 0
fi
{ apt update && apt install --no-install-recommends "${missing[@]}"; } >"$output" 2>&1 || {
  tail -n 15 "$output" >&2
  die "could not install ${missing[*]} (offline?); install them by hand ($by_hand) and pass --no-install"
}
