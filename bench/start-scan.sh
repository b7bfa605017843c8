#!/usr/bin/env bash
# What a start costs with many blobs in the cache: bench/start-scan.sh BINARY [BLOBS] [ROUNDS]
# Alternates between an empty cache and one of BLOBS empty files with the right names. As root, a third row is measured with
# names and inodes dropped from the kernel's caches. The CPU time is that of the process until all is known.
set -euo pipefail
shopt -s nullglob

binary=$(realpath "$1")
blobs=${2:-100000}
rounds=${3:-5}
work=$(mktemp -d)
process=
trap '[[ -z $process ]] || kill "$process"; rm -rf "$work"' EXIT

fill() { # DIRECTORY COUNT
    mkdir -p "$1" && echo 1 > "$1/version"
    mkdir -p "$1"/blobs/sha256/{0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f}{0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f}
    (
        cd "$1/blobs/sha256"
        head -c $((32 * $2)) /dev/urandom | od -An -v -tx1 -w32 | tr -d ' ' | sed -E 's|^(..)|\1/\1|' > "$work/names"
        split -l 1000 "$work/names" "$work/part."
        day=0
        for part in "$work"/part.*; do
            xargs -r touch -d "$((day++)) days ago" < "$part"
        done
        rm -f "$work/names" "$work"/part.*
    )
}

processor() { awk -v second="$(getconf CLK_TCK)" '{ print 1000 * ($14 + $15) / second }' "/proc/$1/stat"; }

memory() { awk '/VmRSS/ { print $2 }' "/proc/$1/status"; }

await() { # TEXT in the log
    until grep -q "$1" "$work/log"; do
        kill -0 "$process" || { cat "$work/log"; exit 1; }
        sleep 0.002
    done
}

since() { echo $(((${EPOCHREALTIME/./} - $1) / 1000)); }

run() { # DIRECTORY NAME: appends "ready scanned processor memory" to the results of NAME
    local started=${EPOCHREALTIME/./} ready scanned
    : > "$work/log"
    FEP_Upstream__Endpoint=http://127.0.0.1:1 FEP_Upstream__Auth=none FEP_Cache__FreeSpace=1MiB "$binary" serve \
        --cache-dir "$1" --listen 127.0.0.1:0 --admin 127.0.0.1:0 > "$work/log" 2>&1 &
    process=$!
    await 'Serving pulls'
    ready=$(since "$started")
    await 'The cache holds'
    scanned=$(since "$started")
    ready="$ready $scanned $(processor $process)"
    sleep 2 # until nothing changes any more
    echo "$ready $(memory $process)" >> "$work/results.$2"
    kill "$process"
    wait "$process" || true
    process=
}

median() { cut -d' ' -f"$2" "$work/results.$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }

fill "$work/none" 0
fill "$work/many" "$blobs"
for ((round = 0; round < rounds; round++)); do
    run "$work/none" none
    run "$work/many" many
    if [[ -w /proc/sys/vm/drop_caches ]]; then
        sync && echo 2 > /proc/sys/vm/drop_caches
        run "$work/many" cold
    fi
done

echo "| cache | ready | all known | CPU | memory | per blob |"
echo "| --- | ---: | ---: | ---: | ---: | ---: |"
for cache in none many cold; do
    [[ -f "$work/results.$cache" ]] || continue
    memory=$(median $cache 4)
    if [[ $cache == none ]]; then
        name='empty' each='-'
    else
        name="$blobs blobs" each="$(((memory - $(median none 4)) * 1024 / blobs)) B"
    fi
    [[ $cache == cold ]] && name+=', inodes cold'
    echo "| $name | $(median $cache 1) ms | $(median $cache 2) ms | $(median $cache 3) ms | $memory KiB | $each |"
done
