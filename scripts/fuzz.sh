#!/usr/bin/env bash
# Schema-driven fuzzing of the HTTP surface with schemathesis (PyPI), against a service of its own on an embedded database.
# Opt-in: `npm run fuzz`. Arguments are handed on, like `--max-examples 500`.
set -euo pipefail
cd "$(dirname "$0")/.."

work="$(mktemp -d)"
service=""
finish() {
  [ -z "$service" ] || kill "$service" 2>/dev/null || true
  [ -z "$service" ] || wait "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
touch "$work/out" "$work/log"

tool="${SCHEMATHESIS:-}"
if [ -z "$tool" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet 'schemathesis==4.*'
  tool="$work/venv/bin/schemathesis"
fi

DESIST_DATA="$work/data" node_modules/.bin/node --conditions=source --disable-warning=ExperimentalWarning \
  services/standalone/src/main.ts --http 127.0.0.1:0 >"$work/out" 2>"$work/log" &
service=$!
for _ in $(seq 1 300); do
  url="$(sed -n 's/^Desist is running at //p' "$work/out")"
  [ -n "$url" ] && break
  kill -0 "$service" || { cat "$work/log"; exit 3; }
  sleep 0.2
done
[ -n "${url:-}" ] || { echo 'the service did not start'; exit 3; }

status=0
(cd "$work" && "$tool" run "$url/openapi.json" --max-examples "${FUZZ_EXAMPLES:-100}" --seed "${FUZZ_SEED:-1}" \
  --checks not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance,response_headers_conformance,unsupported_method \
  "$@") || status=$?
grep '"level":50\|"level":"error"' "$work/log" && { echo 'the service logged errors'; status=1; }
exit "$status"
