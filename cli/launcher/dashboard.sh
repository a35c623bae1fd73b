# Builds the dashboard (dashboard/) and finds the Node.js it is built with. Sourced by `wrenn`.
# shellcheck shell=bash disable=SC2154  # variables come from the files sourced before

# The oldest Node.js that Vite and its kin run on: the one of Debian 12.
readonly node_minimum=18.18

find_node() {
    local version
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
    printf '%s\nv%s\n' "$version" "$node_minimum" | sort -V | head -n 1 | grep -qxF "v$node_minimum"
}

require_node() {
    find_node && return
    is_debian || die "Node.js $node_minimum or newer with npm is needed to build the dashboard"
    install_packages nodejs npm
    find_node || die "Node.js $node_minimum or newer is needed to build the dashboard; installed is $(node --version)"
}

dashboard_inputs() { inputs dashboard contracts/openapi.yaml; }

npm_in_dashboard() { (cd "$root/dashboard" && npm --no-audit --no-fund --no-update-notifier "$@"); }

# Its libraries exactly as the lock file names them, when it changed.
install_dashboard_libraries() {
    local hash
    hash=$(cd "$root/dashboard" && cat package.json package-lock.json | sha256sum | cut -d' ' -f1)
    [[ -d $root/dashboard/node_modules ]] && is_built npm "$hash" && return
    local file=$log/npm.log
    step 'fetching the libraries of the dashboard' "$file" npm_in_dashboard ci ||
        step 'that failed; fetching again' "$file" npm_in_dashboard ci || {
        grep -E '^npm (error|ERR!)' "$file" | head -n 15 >&2 || true
        die "fetching the libraries of the dashboard failed; log: $file"
    }
    printf '%s\n' "$hash" >"$build/npm.stamp"
}

dashboard_is_there() { [[ -r $build/dashboard.current && -r $build/$(<"$build/dashboard.current")/index.html ]]; }

# The built pages lie in a directory of their own, so that a running instance keeps those it began with.
build_dashboard() {
    local hash old name
    hash=$(dashboard_inputs)
    if ! is_built dashboard "$hash" || ! dashboard_is_there; then
        require_node
        lock_builds
        hash=$(dashboard_inputs)
        if ! is_built dashboard "$hash" || ! dashboard_is_there; then
            install_dashboard_libraries
            local file=$log/dashboard.log
            step 'building the dashboard' "$file" npm_in_dashboard run build || {
                grep -iE 'error' "$file" | head -n 25 >&2 || true
                die "building the dashboard failed; log: $file"
            }
            name=dashboard-${hash:0:12}
            rm -rf -- "${build:?}/$name" "$build/$name.tmp"
            cp -R -- "$root/dashboard/target/site" "$build/$name.tmp"
            mv -T -- "$build/$name.tmp" "$build/$name"
            printf '%s\n' "$name" >"$build/dashboard.current"
            for old in "$build"/dashboard-*/; do
                old=${old%/}
                [[ ${old##*/} == "$name" ]] || dashboard_in_use "$old" || rm -rf -- "$old"
            done
            printf '%s\n' "$hash" >"$build/dashboard.stamp"
        fi
        unlock_builds
    fi
    # A directory of one's own wins.
    export WRENN_CP_DASHBOARD_DIR=${WRENN_CP_DASHBOARD_DIR:-$build/$(<"$build/dashboard.current")}
}

# dashboard_in_use DIR: does a process that runs serve it?
dashboard_in_use() {
    grep -qszF -- "WRENN_CP_DASHBOARD_DIR=$1" /proc/[0-9]*/environ
}
