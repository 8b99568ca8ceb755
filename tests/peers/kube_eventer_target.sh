#!/usr/bin/env bash
# Runs kube-eventer as a target: starts the fake of the events API beside it, and ends both on TERM or INT, or when either
# of them ends. kube-eventer sends to $PRW_REMOTE_WRITE_URL; files go to $PRW_TMPDIR.
#
# It flushes at whole multiples of its frequency, of which 5 s is the least that it takes. So the first request comes within 5 s.

set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
kube_eventer="${PRW_PEERS_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/prw/peers}/bin/kube-eventer"
[[ -x "${kube_eventer}" ]] || kube_eventer="$(command -v kube-eventer)" || {
  echo "kube-eventer: neither in the peers folder nor in PATH; scripts/build-peers builds it" >&2
  exit 127
}
: "${PRW_REMOTE_WRITE_URL:?where to send to}" "${PRW_TMPDIR:?a folder for files}"

fake="" eventer="" stopped=0
stop_both() {
  [[ -z "${eventer}" ]] || kill -TERM "${eventer}" 2>/dev/null || true
  [[ -z "${fake}" ]] || kill -TERM "${fake}" 2>/dev/null || true
}
trap 'stopped=1; stop_both' TERM INT
trap stop_both EXIT

address_file="${PRW_TMPDIR}/fake-kubernetes.address"
rm -f "${address_file}"
python3 "${here}/fake_kubernetes.py" --address-file "${address_file}" &
fake=$!
for ((tick = 0; tick < 200 && !stopped; ++tick)); do
  [[ ! -s "${address_file}" ]] || break
  kill -0 "${fake}" 2>/dev/null || break
  sleep 0.05
done
((!stopped)) || exit 0
[[ -s "${address_file}" ]] || { echo "kube-eventer: the fake of the events API did not start" >&2; exit 1; }

"${kube_eventer}" --source="kubernetes:http://$(<"${address_file}")?inClusterConfig=false" \
  --sink="remotewrite:${PRW_REMOTE_WRITE_URL}" --frequency=5s --healthz-ip=127.0.0.1 --healthz-port=0 &
eventer=$!
((!stopped)) || stop_both # TERM came before there was a process to pass it on to.

status=0
wait -n "${fake}" "${eventer}" || status=$?
stop_both
wait || true
((!stopped)) || status=0 # kube-eventer handles no signal and dies of TERM: asked to stop, it stopped.
exit "${status}"
