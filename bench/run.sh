#!/usr/bin/env bash
# Load benchmarks: the published fast-ecr-proxy beside nginx as an ECR proxy, docker-registry and a bare C loop, in one run.
#   bench/run.sh                  all workloads but the soak; writes bench/results/*.md
#   bench/run.sh hit cold         these only
#   bench/run.sh --quick          a minute, small, writes nothing: does every workload still work, is none far off its figure?
#   --rounds N                    of each server in each case, instead of five
#   --minutes N                   how long the soak takes, instead of an hour
#   --upstream tls|plain          how the stand-in for ECR speaks, instead of what each workload says
#   --variant NAME:KEY=VALUE[,…]  our proxy once more, with these environment variables
# As root on Debian it first installs what is missing. FEP_BINARY=path takes that fast-ecr-proxy and publishes none.
# See bench/README.md for what the workloads are and how to read their noise.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin"

# Nothing may stay behind: no build server, no compiler server. Nothing may ask or advertise.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false

# A proxy that the machine uses for the outside must not come between a client and a server under test.
export no_proxy="127.0.0.1,localhost" NO_PROXY="127.0.0.1,localhost"

export LOADBENCH_WORK="${LOADBENCH_WORK:-$PWD/artifacts/loadbench}"
export LOADBENCH_RESULTS="${LOADBENCH_RESULTS:-$PWD/bench/results}"
export LOADBENCH_BINARY="${FEP_BINARY:-$PWD/artifacts/publish/fast-ecr-proxy}"
export LOADBENCH_FLOOR=""

loadbench=bench/FastEcrProxy.LoadBench
program="$loadbench/bin/Release/net10.0/fast-ecr-proxy-loadbench"
log="$LOADBENCH_WORK/build.log"
conductor=""

say() { echo "bench: $*"; }

fail() {
  echo "bench: $*" >&2
  exit 1
}

# What the bench uses, as a thing to look for and its package: a command, or a file.
parts=(
  nginx:nginx
  docker-registry:docker-registry
  clang:clang
  taskset:util-linux
)

missing_packages() {
  local part
  for part in "${parts[@]}"; do
    if [[ ! -e ${part%%:*} ]] && ! command -v "${part%%:*}" >/dev/null; then
      echo "${part#*:}"
    fi
  done
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

install_packages() {
  local policy=/usr/sbin/policy-rc.d package
  apt_get update || true
  # Debian starts what it installs; a server on port 80 or 5000 is nobody's wish here, now or after a restart.
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  for package in "$@"; do
    apt_get install --no-install-recommends "$package" || say "$package could not be installed; $log says why."
    if [[ -d /run/systemd/system && $package == @(nginx|docker-registry) ]]; then
      systemctl disable --quiet "$package" || true
    fi
  done
  rm -f "$policy"
  trap - EXIT
}

prepare() {
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} > 0)); then
    if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
      say "installing ${missing[*]}"
      install_packages "${missing[@]}"
    else
      say "missing, and only root on Debian can install them: ${missing[*]}"
    fi
  fi
  command -v taskset >/dev/null || fail "taskset is missing (package util-linux): without it nothing can be pinned."
  command -v dotnet >/dev/null || fail "The .NET SDK is missing; global.json says which one is needed."
}

# Everything that the arguments can have wrong is said before the long part.
build() {
  say "building the bench"
  dotnet build "$loadbench" -c Release --nologo -nodeReuse:false >>"$log" 2>&1 || fail "The bench does not build; $log says why."
  "$program" check "$@" || exit
  if [[ -z ${FEP_BINARY:-} ]]; then
    say "publishing the native binary (a minute or two)"
    dotnet publish src/FastEcrProxy.Cli -c Release -o artifacts/publish --nologo -nodeReuse:false >>"$log" 2>&1 ||
      fail "The binary could not be published; $log says why. It needs clang or gcc."
  fi
  [[ -x $LOADBENCH_BINARY ]] || fail "$LOADBENCH_BINARY is no program: set FEP_BINARY to a published fast-ecr-proxy, or unset it."
  local compiler
  for compiler in cc gcc clang; do
    if command -v "$compiler" >/dev/null; then
      "$compiler" -O2 -pthread -o "$LOADBENCH_WORK/floor" "$loadbench/Floor/floor.c" >>"$log" 2>&1 ||
        fail "Floor/floor.c does not compile; $log says why."
      export LOADBENCH_FLOOR="$LOADBENCH_WORK/floor"
      break
    fi
  done
}

# Ends what a conductor that was killed has left. A process is ours if its environment or command names our folder.
end_leftovers() {
  local id
  while read -r id; do
    if grep -qsF "$LOADBENCH_WORK" "/proc/$id/environ" "/proc/$id/cmdline"; then
      kill -TERM "$id" 2>/dev/null || true
    fi
  done < <(cat "$LOADBENCH_WORK/processes" 2>/dev/null || true)
  rm -f "$LOADBENCH_WORK/processes"
}

stop() {
  if [[ -n $conductor ]]; then
    kill -TERM "$conductor" 2>/dev/null || true
  fi
}

main() {
  local code=0
  if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    return
  fi
  [[ $(uname) == Linux ]] || fail "The load benchmarks need Linux: sendfile, epoll, /proc and nginx from Debian."
  mkdir -p "$LOADBENCH_WORK" "$LOADBENCH_RESULTS"
  : >"$log"
  prepare
  build "$@"
  ulimit -n "$(ulimit -Hn)" # 500 clients, and as many connections on the other side

  trap stop INT TERM
  trap end_leftovers EXIT
  "$program" "$@" </dev/null &
  conductor=$!
  wait "$conductor" || code=$?
  while kill -0 "$conductor" 2>/dev/null; do # a signal ended the wait, not the conductor
    code=0
    wait "$conductor" || code=$?
  done
  return "$code"
}

main "$@"
