# The Debian packages Wrenn needs, in one place, and how they get onto the machine. Sourced by `wrenn`.
# shellcheck shell=bash disable=SC2154  # variables come from the files sourced before

# Running: VMs, Redis, networks, file systems. Building: Maven and a linker for Rust.
# What images/ needs is listed in images/packages.txt.
readonly -a base_packages=(
    qemu-system-x86 redis-server
    nftables iproute2 util-linux xfsprogs e2fsprogs
    maven gcc libc6-dev python3
)
# The oldest Rust that knows edition 2024 and builds our dependencies.
readonly rust_minimum=1.88
readonly policy=/usr/sbin/policy-rc.d
readonly policy_mark='# written by wrenn, removed when its package installation ends'

# Packages that are wanted but not installed, one a line. One dpkg-query, a few milliseconds.
missing_packages() {
    local -a wanted=("${base_packages[@]}")
    local line
    while read -r line; do
        line=${line%%#*}
        [[ -n ${line// /} ]] && wanted+=("${line// /}")
    done <"$root/images/packages.txt"
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
    local package
    for package in "${wanted[@]}"; do
        [[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || printf '%s\n' "$package"
    done | sort -u
}

# A Rust tool chain new enough? Looks on PATH and in ~/.cargo/bin; sets `cargo`.
find_cargo() {
    local candidate version
    for candidate in cargo "${CARGO_HOME:-${HOME-/root}/.cargo}/bin/cargo"; do
        cargo=$(command -v "$candidate") || continue
        version=$(cd "$root/native" && "$cargo" --version 2>/dev/null) || continue
        version=${version#cargo }
        if printf '%s\n%s\n' "$rust_minimum" "${version%% *}" | sort -C -V; then return 0; fi
    done
    return 1
}

is_debian() { command -v apt-get dpkg-query >/dev/null && [[ -r /etc/debian_version ]]; }

refresh_package_lists() {
    compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && return
    say 'reading the package lists (apt-get update)'
    apt-get -q update >>"$log/packages.log" 2>&1 || die "apt-get update failed: check the network; log: $log/packages.log"
}

# Installs what is missing, or says which command does.
require_packages() {
    is_debian || {
        command -v qemu-system-x86_64 redis-server nft mkfs.xfs mvn >/dev/null ||
            die "this is not Debian or Ubuntu: install what these packages hold: ${base_packages[*]} $(tr '\n' ' ' <"$root/images/packages.txt")"
        return 0
    }
    local -a missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

# For require_jdk: a JDK 25 from the machine's own package sources, when they have one.
install_jdk() {
    is_debian || return 1
    local package
    ((EUID == 0)) && mkdir -p "$log" && refresh_package_lists
    for package in openjdk-25-jdk-headless temurin-25-jdk; do
        if apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
            install_packages "$package"
            return
        fi
    done
    return 1
}

install_packages() {
    local command="apt-get install --no-install-recommends $*"
    ((EUID == 0)) || die "these packages are missing; as root run: $command"
    mkdir -p "$log"
    local started=$EPOCHREALTIME
    refresh_package_lists
    say "installing $*"
    trap 'allow_services' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    forbid_services
    if ! DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >>"$log/packages.log" 2>&1; then
        # Old lists name versions that the mirror no longer has.
        apt-get -q update >>"$log/packages.log" 2>&1 || true
        DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >>"$log/packages.log" 2>&1 || {
            grep -E '^E: ' "$log/packages.log" | tail -n 5 >&2 || true
            die "installing failed; log: $log/packages.log; by hand: $command"
        }
    fi
    allow_services
    trap - EXIT INT TERM HUP
    say "installed $# packages ($(seconds_since "$started") s)"
}

# While packages are installed nothing may start a service: policy-rc.d(8) says 101 to invoke-rc.d.
# An own file of the machine is put aside and comes back, also after a killed run.
forbid_services() {
    allow_services
    if [[ -e $policy || -L $policy ]]; then mv -f -- "$policy" "$policy.wrenn-saved"; fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
    chmod 0755 "$policy"
}

allow_services() {
    if [[ -f $policy ]] && grep -qxF "$policy_mark" "$policy"; then rm -f -- "$policy"; fi
    if [[ -e $policy.wrenn-saved || -L $policy.wrenn-saved ]]; then
        [[ -e $policy ]] || mv -f -- "$policy.wrenn-saved" "$policy"
    fi
}
