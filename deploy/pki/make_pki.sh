#!/usr/bin/env bash
# Makes a THROW-AWAY federation PKI for the demo and the tests: every private key, the partners' included, is made in one
# place and left unencrypted. In a real federation each partner makes its own keys and only public parts ever leave it.
#
# Usage: bash deploy/pki/make_pki.sh DIR --partners a,b,c [--days N] [--name NAME]
#   DIR/ca.pem, ca.key                                     the federation's certificate authority
#   DIR/coordinator/{tls,operator}.{pem,key}, signing.key  the coordinator's two listeners and its signing key
#   DIR/partners/ID/tls.{pem,key}, signing.key             one folder a partner
#   DIR/roster.toml                                        who signs with which key
set -euo pipefail

die() { echo "make_pki: $*" >&2; exit 1; }

directory=''
partners=''
days=30
name=demo
while (($#)); do
  case "$1" in
    --partners|--days|--name)
      (($# >= 2)) || die "$1 needs a value"
      case "$1" in --partners) partners="$2" ;; --days) days="$2" ;; --name) name="$2" ;; esac
      shift ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) die "unknown option $1; usage: make_pki.sh DIR --partners a,b,c [--days N] [--name NAME]" ;;
    *) [[ -z "$directory" ]] || die "more than one directory given: $directory and $1"
       directory="$1" ;;
  esac
  shift
done
[[ -n "$directory" ]] || die "no directory given; usage: make_pki.sh DIR --partners a,b,c [--days N] [--name NAME]"
[[ -n "$partners" ]] || die "no partners given; add --partners a,b,c"
[[ "$days" =~ ^[1-9][0-9]{0,3}$ ]] || die "--days $days: a number from 1 to 9999 is needed"
[[ "$name" =~ ^[a-z0-9][a-z0-9_-]{0,62}$ ]] || die "--name $name: small letters, digits, - and _ only"
IFS=, read -r -a ids <<<"$partners"
for id in "${ids[@]}"; do
  [[ "$id" =~ ^[a-z0-9][a-z0-9_-]{0,62}$ ]] || die "partner '$id': small letters, digits, - and _ only, at most 63"
done
[[ "$(printf '%s\n' "${ids[@]}" | sort | uniq -d)" == '' ]] || die "a partner is named twice in $partners"
command -v openssl >/dev/null || die "openssl is not installed"
[[ ! -e "$directory/ca.key" ]] || die "$directory already holds a PKI; choose another directory or remove it"
umask 077
mkdir -p "$directory" || die "cannot make the directory $directory"
cd "$directory"

# An own configuration: the system's may add extensions.
config="$(mktemp)"
trap 'rm -f "$config"' EXIT
printf '[req]\ndistinguished_name = subject\nprompt = no\n[subject]\nCN = unused\n' >"$config"

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# certificate FILE-WITHOUT-SUFFIX COMMON-NAME EXTENDED-KEY-USAGE SUBJECT-ALTERNATIVE-NAMES
certificate() {
  new_key "$1.key"
  openssl req -x509 -new -config "$config" -key "$1.key" -CA ca.pem -CAkey ca.key -subj "/O=Bauta $name/CN=$2" \
    -days "$days" -sha256 -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
    -addext "extendedKeyUsage=$3" -addext "subjectAltName=$4" -out "$1.pem"
}

public_key() { openssl pkey -in "$1" -pubout -outform DER | openssl base64 -A; }

mkdir -p coordinator
new_key ca.key
openssl req -x509 -new -config "$config" -key ca.key -subj "/O=Bauta $name/CN=Throw-away federation CA" -days "$days" \
  -sha256 -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem
certificate coordinator/tls coordinator serverAuth DNS:localhost,IP:127.0.0.1,URI:urn:bauta:coordinator
certificate coordinator/operator operator serverAuth DNS:localhost,IP:127.0.0.1
new_key coordinator/signing.key
{
  printf 'federation = "%s"\nfederation_id = "%s"\n\n' "$name" "$(openssl rand -hex 32)"
  printf '[coordinator]\nsigning_key = "%s"\n' "$(public_key coordinator/signing.key)"
} >roster.toml
for id in "${ids[@]}"; do
  mkdir -p "partners/$id"
  certificate "partners/$id/tls" "$id" clientAuth "URI:urn:bauta:partner:$id"
  new_key "partners/$id/signing.key"
  printf '\n[[partner]]\nid = "%s"\nsigning_key = "%s"\nweight = 1.0\n' "$id" "$(public_key "partners/$id/signing.key")" >>roster.toml
done
echo "make_pki: throw-away PKI for ${#ids[@]} partners in $directory (all keys unencrypted: for demo and tests only)"
