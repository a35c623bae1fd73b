# Shared by the targets: progress, failure, locking, temporary space, keys. Sourced by `build`.
# shellcheck shell=bash

# Images are dated from this moment, so equal inputs give equal bytes: 2025-01-01T00:00:00Z.
export SOURCE_DATE_EPOCH=1735689600

target=${target-}
work=''
log_file=''
explained=false

elapsed() {
    local now=$EPOCHREALTIME
    local us=$((${now/[.,]/} - ${started/[.,]/}))
    printf '%d.%02d s' $((us / 1000000)) $((us % 1000000 / 10000))
}

say() { printf 'images: %s: %s (%s)\n' "$target" "$1" "$(elapsed)" >&2; }

# One sentence about what happened and what to do; the tail of the log goes before it.
die() {
    if [[ -n $log_file && -s $log_file ]]; then
        tail -n 12 -- "$log_file" | sed 's/^/  | /' >&2
    fi
    printf 'images: %s: FAILED: %s\n' "$target" "$1" >&2
    explained=true
    exit 1
}

# Removes the temporary directories of this target.
sweep() {
    local i
    for ((i = 0; i < 50; i++)); do
        rm -rf -- "$out_dir"/.tmp-"$target".* "$cache_dir"/.tmp-"$target".* 2>/dev/null && return
        sleep 0.1 # a process that was killed may not be quite gone
    done
    rm -rf -- "$out_dir"/.tmp-"$target".* "$cache_dir"/.tmp-"$target".*
}

on_exit() {
    local status=$?
    trap - EXIT
    if ((status == 1)) && ! $explained; then
        printf 'images: %s: FAILED: a command failed without a word: report this as a bug\n' "$target" >&2
    fi
    if [[ -n ${job-} ]]; then
        kill -KILL "$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
    fi
    sweep || true
    exit "$status"
}

# Takes the lock of this target and clears what a killed run left behind. Children inherit the
# lock, so a second run waits until the last of them is gone.
begin() {
    exec {lock}>"$out_dir/.lock-$target"
    if ! flock --nonblock "$lock"; then
        say "waiting for another build in $out_dir"
        flock "$lock"
    fi
    trap on_exit EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    sweep
    work=$(mktemp -d "$cache_dir/.tmp-$target.XXXXXX") || die "no temporary directory in $cache_dir: free some space there"
    stage=$(mktemp -d "$out_dir/.tmp-$target.XXXXXX") || die "no temporary directory in $out_dir: free some space there"
    log_file=$work/log
    : >"$log_file"
}

# Runs a command in the background of this shell with its output in the log, so that signals are
# handled at once; the command dies with this shell, even on SIGKILL.
run() {
    setpriv --pdeathsig KILL "$@" >>"$log_file" 2>&1 &
    job=$!
    local status=0
    wait "$job" || status=$?
    job=''
    return "$status"
}

# need_space DIR MIB: fails early and in words instead of late and obscurely.
need_space() {
    local free_kib
    free_kib=$(df --output=avail -k -- "$1" | tail -n 1)
    ((free_kib >= $2 * 1024)) ||
        die "$2 MiB are needed in $1 but only $((free_kib / 1024)) MiB are free: free some space or choose another directory"
}

# failed WHAT HINT: a step failed; says so, and recognises a full disk.
failed() {
    local dir
    for dir in "$work" "$stage"; do
        if (($(df --output=avail -k -- "$dir" | tail -n 1) < 1024)) || grep -qsi 'no space left' "$log_file"; then
            die "$1: no space left on the disk that holds $(dirname -- "$dir"): free some and start again"
        fi
    done
    die "$1: $2"
}

need_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null ||
            die "the program $tool is missing: apt-get install --no-install-recommends $(tr '\n' ' ' <"$images_dir/packages.txt")"
    done
}

need_root() {
    ((EUID == 0)) || die 'this target needs root: run it with sudo'
}

# Key of a target: its recipe and scripts, the host's release, and further words given.
# A change of any of them, and nothing else, makes a rebuild necessary.
key_of() {
    local -a files=("$images_dir/build" "$images_dir/lib/common.sh" "$images_dir/lib/$1.sh")
    [[ -d $images_dir/recipes/$target ]] && files+=("$images_dir/recipes/$target"/*)
    {
        sha256sum -- "${files[@]}" | cut -d' ' -f1
        distribution
        printf '%s\n' "${@:2}"
    } | sha256sum | cut -d' ' -f1
}

# "debian bookworm": what the apt sources of this machine are for.
distribution() (
    # shellcheck source=/dev/null
    source /etc/os-release
    printf '%s %s\n' "${ID:-unknown}" "${VERSION_CODENAME:-unknown}"
)

# publish FILE NAME: puts a finished file of the stage in its place, whole or not at all.
publish() {
    sync -- "$stage/$1" || failed "writing $2" "the disk reports an error: look at dmesg"
    mv -fT -- "$stage/$1" "$out_dir/$2"
    sync -- "$out_dir"
}

# Package lists are needed to resolve names; a fresh machine has none.
ensure_package_lists() {
    if $refresh || ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
        say 'reading package lists'
        run apt-get -q update || failed 'apt-get update' 'check the network and /etc/apt/sources.list*'
    fi
}
