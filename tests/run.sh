#!/usr/bin/env bash
# Builds everything, publishes the executable, runs every test and takes a quick look at every benchmark.
# The last line is 'N passed, N failed, N skipped'.
#   tests/run.sh          all of it; as root on Debian it first installs what some of it drives, and a linker
#   tests/run.sh --unit   unit tests only: nothing installed or published, no sockets, seconds
# FEP_BINARY=path names a published executable to test; then none is published.
set -euo pipefail

if [[ -n ${FEP_BINARY:-} ]]; then
  FEP_BINARY="$(realpath "$FEP_BINARY")"
  export FEP_BINARY
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin"

# Nothing may stay behind: no build server, no compiler server. Nothing may ask or advertise.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false

# A proxy that the machine uses for the outside must not come between a test and its own servers.
no_proxy="${no_proxy:-${NO_PROXY:-}}"
export no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost"
export NO_PROXY="$no_proxy"

results="$PWD/TestResults"
published="$PWD/artifacts/publish"
time_limit=40m # for one test project; a hang must not last until somebody looks
unit_project=tests/FastEcrProxy.Tests/FastEcrProxy.Tests.csproj

# What the tests with real parts drive and a publish needs, as command:package. Of several packages the first that the
# system knows is taken.
real_parts=(
  docker-registry:docker-registry
  skopeo:skopeo
  podman:podman
  buildah:buildah
  containerd:containerd
  ctr:containerd
  runc:runc
  dockerd:docker.io
  docker:docker-cli,docker.io # the client is a package of its own since Debian 13
  umoci:umoci
  aws:awscli
  clang:clang # links the published executable; gcc does too
)

missing_parts() {
  local part
  for part in "${real_parts[@]}"; do
    command -v "${part%%:*}" >/dev/null || echo "$part"
  done
}

apt_get() {
  local try
  for try in 1 2 3; do
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null && return
    echo "apt-get $1 failed (attempt $try of 3)."
  done
  return 1
}

package_of() {
  local package
  for package in ${1//,/ }; do
    if apt-cache show "$package" >/dev/null 2>&1; then
      echo "$package"
      return
    fi
  done
}

install_parts() {
  local policy=/usr/sbin/policy-rc.d part packages=()
  apt_get update || true
  for part in "$@"; do
    packages+=($(package_of "${part#*:}"))
  done
  if ((${#packages[@]} == 0)); then
    return
  fi

  # Debian starts what it installs; a registry on port 5000 would be in the way, now and after a restart.
  if [[ ! -e $policy ]]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  if ! apt_get install --no-install-recommends "${packages[@]}"; then
    for part in "${packages[@]}"; do
      apt_get install --no-install-recommends "$part" || true # one that cannot be had should not cost the others
    done
  fi
  if [[ -d /run/systemd/system && " ${packages[*]} " == *" docker-registry "* ]]; then
    systemctl disable --quiet docker-registry || true
  fi
}

prepare_parts() {
  local missing why="apt-get could not install them"
  mapfile -t missing < <(missing_parts)
  if ((${#missing[@]} == 0)); then
    return
  fi

  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing what the tests with real parts need: ${missing[*]%%:*}"
    install_parts "${missing[@]}"
    mapfile -t missing < <(missing_parts)
  else
    why="only root on Debian can install them"
  fi
  if ((${#missing[@]} > 0)); then
    echo "Tests that need one of these will be skipped, since $why: ${missing[*]%%:*}"
  fi
}

# The executable as it ships, once for all tests of it. A warning is a problem here as everywhere.
publish() {
  local log="$results/publish.log"
  rm -rf "$published"
  if ! command -v clang >/dev/null && ! command -v gcc >/dev/null; then
    echo "The tests of the published executable will be skipped: there is no linker, neither clang nor gcc."
    return
  fi

  mkdir -p "$results"
  if ! dotnet publish src/FastEcrProxy.Cli -c Release --output "$published" --nologo -v quiet \
    -nodeReuse:false --disable-build-servers </dev/null 2>&1 | tee "$log"; then
    problems+=("The publish failed; the tests of the published executable are skipped.")
    rm -rf "$published"
  elif grep -qi warning "$log"; then
    problems+=("The publish warns; what ships is to be published without warnings.")
  fi
}

# One test project. Failed tests are counted from its TRX file; a problem is what that file does not tell.
run_project() {
  local name trx code=0
  name="$(basename "$1" .csproj)"
  trx="$results/$name.trx"
  dotnet test --project "$1" -c Release --no-build --no-progress --no-ansi --timeout "$time_limit" \
    --results-directory "$results" --report-xunit-trx --report-xunit-trx-filename "$name.trx" </dev/null || code=$?
  if ((code != 0 && code != 2)); then # 2: tests failed
    problems+=("$name ended with code $code: it crashed, took longer than $time_limit, or has no tests.")
  elif [[ ! -s $trx ]] || ! grep -q '<UnitTestResult ' "$trx"; then
    problems+=("$name left no results in TestResults/$name.trx.")
  elif grep -q '<Counters [^>]* error="[1-9]' "$trx" ||
    { ((code == 2)) && ! grep -q '<UnitTestResult [^>]*outcome="Failed"' "$trx"; }; then
    problems+=("$name has an error outside of its tests, in what they share or clean up; it is written above.")
  fi
}

# A quick look at the benchmarks: does each workload complete, and is none worse than half its figure. Each counts as a test.
run_benchmarks() {
  local log="$results/bench.log"
  local binary="${FEP_BINARY:-$published/fast-ecr-proxy}"
  if [[ ! -x $binary ]]; then
    return # why there is none has been said
  fi

  mkdir -p "$results"
  FEP_BINARY="$binary" LOADBENCH_RESULTS="$results" timeout "$time_limit" bench/run.sh --quick </dev/null 2>&1 | tee "$log" || true
  if ! grep -q '^\(ok\|failed\|skipped\)  ' "$log"; then
    problems+=("The benchmarks did not run; TestResults/bench.log has what they said.")
  fi
}

# From all TRX files: skipped tests with their reasons, failed tests, and the counts as the last line.
# Benchmarks count as tests do. Every problem counts there as a failed test: who reads only that line must not take it for success.
summarize() {
  {
    cat "$results"/*.trx 2>/dev/null || true
    sed -nE 's,<,\&lt;,g;s,^(ok|failed|skipped) +([a-z0-9-]+) +(.*),<Benchmark \1|bench/run.sh \2|\3,p' \
      "$results/bench.log" 2>/dev/null || true
  } | awk -v problems="${#problems[@]}" '
    function plain(text) {
      gsub(/&#x[DA];|[\r\n]+/, " ", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text)
      gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text)
      return text
    }
    function attribute(name,   at) {
      at = index($0, " " name "=\"")
      return at ? substr($0, at + length(name) + 3, index(substr($0, at + length(name) + 3), "\"") - 1) : ""
    }
    BEGIN { RS = "<" }
    /^UnitTestResult / {
      outcome = attribute("outcome"); name = plain(attribute("testName"))
      if (outcome == "Passed") { passed++ }
      else if (outcome == "NotExecuted") { skips[++skipped] = name }
      else { fails[++failed] = name }
    }
    /^Benchmark / {
      sub(/\n$/, ""); split(substr($0, length("Benchmark ") + 1), bench, "|")
      if (bench[1] == "ok") { passed++ }
      else if (bench[1] == "skipped") { skips[++skipped] = bench[2]; reasons[skipped] = plain(bench[3]) }
      else { fails[++failed] = bench[2] ": " plain(bench[3]) }
    }
    /^(Message|StdOut)>/ && outcome == "NotExecuted" && !(skipped in reasons) { reasons[skipped] = plain(substr($0, index($0, ">") + 1)) }
    END {
      for (i = 1; i <= skipped; i++) { print "skipped: " skips[i] ": " (i in reasons ? reasons[i] : "no reason given") }
      for (i = 1; i <= failed; i++) { print "failed: " fails[i] }
      printf "%d passed, %d failed, %d skipped\n", passed, failed + problems, skipped
    }'
}

main() {
  local build=FastEcrProxy.sln projects=(tests/*/*.csproj) project summary
  case "$*" in
    '') ;;
    --unit) build="$unit_project" projects=("$unit_project") ;;
    *)
      echo "usage: tests/run.sh [--unit]" >&2
      exit 64
      ;;
  esac
  problems=()

  rm -rf "$results" || problems+=("TestResults cannot be emptied: the counts may be of an earlier run.")
  if [[ -z $* ]]; then
    prepare_parts || problems+=("What the tests with real parts need could not be looked up or installed.")
  fi
  if ! command -v dotnet >/dev/null; then
    problems+=("The .NET SDK is missing; global.json says which one is needed.")
  elif ! dotnet build "$build" -c Release --nologo -v quiet -nodeReuse:false --disable-build-servers; then
    problems+=("The build failed; no test ran.")
  else
    if [[ -z $* && -z ${FEP_BINARY:-} ]]; then
      publish
    fi
    for project in "${projects[@]}"; do
      run_project "$project"
    done
    if [[ -z $* ]]; then
      run_benchmarks
    fi
  fi

  echo
  if ((${#problems[@]} > 0)); then
    printf 'problem: %s\n' "${problems[@]}"
  fi
  summary="$(summarize)"
  echo "$summary"
  [[ ${summary##*$'\n'} =~ ^[1-9][0-9]*\ passed,\ 0\ failed, ]]
}

main "$@"
