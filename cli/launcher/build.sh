# Builds what changed: the Rust programs (native/) and the Java program. Sourced by `wrenn`.
# A part is stale when the names, sizes or times of its inputs differ from those of the last build.
# shellcheck shell=bash disable=SC2154  # variables come from the files sourced before

# inputs DIR...: one hash over the source files in them, relative to the root.
inputs() {
    (cd "$root" && {
        pwd
        find "$@" \( -name target -o -name node_modules -o -path '*/src/test' -o -path dashboard/tests \
            -o -path cli/launcher \) -prune -o \
            -type f -printf '%p %s %T@\n' | LC_ALL=C sort
    } | sha256sum | cut -d' ' -f1)
}
java_inputs() { inputs pom.xml .mvn contracts common control host cli bench; }
native_inputs() { inputs native contracts/proto; }

is_built() { [[ -r $build/$1.stamp && $(<"$build/$1.stamp") == "$2" ]]; }

# One build at a time per clone; the lock goes with this process.
lock_builds() {
    mkdir -p "$log"
    [[ -n ${build_lock-} ]] && return
    exec {build_lock}>"$build/lock"
    flock --nonblock "$build_lock" && return
    say 'waiting for another build of this clone'
    flock "$build_lock"
}
unlock_builds() {
    if [[ -n ${build_lock-} ]]; then exec {build_lock}>&-; fi
    build_lock=''
}

# step TEXT LOG COMMAND...: runs it with its output in the log, says how long it took.
step() {
    local text=$1 file=$2 started=$EPOCHREALTIME status=0
    shift 2
    say "$text ..."
    "$@" >"$file" 2>&1 || status=$?
    if ((status == 0)); then say "$text: $(seconds_since "$started") s"; fi
    return "$status"
}

# maven ARG...: quiet, with our JDK, without colours and progress bars of downloads.
maven() { (cd "$root" && mvn -B -ntp "$@"); }

# Whether a failed run may succeed when repeated: the repository was slow or cut off.
is_download_failure() {
    grep -qE 'Could not transfer|Connection (reset|timed out)|Read timed out|status code: (408|429|5[0-9]{2})|Premature end' "$1"
}

explain_maven() {
    grep -E '^\[ERROR\]' "$1" | grep -vE 'To see the full|Re-run Maven|For more information|After correcting|^\[ERROR\] *$|\[Help' |
        awk '!seen[$0]++' | head -n 25 >&2 || true
}

build_java() {
    local hash
    hash=$(java_inputs)
    is_built java "$hash" && [[ -r $build/app.current && -d $build/$(<"$build/app.current") ]] && return
    command -v mvn >/dev/null || require_packages
    lock_builds
    hash=$(java_inputs)
    if ! is_built java "$hash" || ! [[ -d $build/$(<"$build/app.current") ]]; then
        local -a goals=(-q -T1C -DskipTests -Dskip.format=true -pl 'cli,bench' -am package)
        local file=$log/java.log
        if ! step 'building the Java program' "$file" maven "${goals[@]}"; then
            if ! is_download_failure "$file" || ! step 'a download failed; building again' "$file" maven "${goals[@]}"; then
                explain_maven "$file"
                die "building the Java program failed; log: $file"
            fi
        fi
        collect_jars "app-${hash:0:12}"
        printf '%s\n' "$hash" >"$build/java.stamp"
    fi
    unlock_builds
}

# collect_jars NAME: the program and its libraries in one new directory; a running instance keeps its own.
collect_jars() {
    local name=$1 old
    rm -rf -- "${build:?}/$name" "$build/$name.tmp"
    mkdir -p "$build/$name.tmp/lib" "$build/$name.tmp/bench"
    cp -- "$root"/cli/target/wrenn-cli-*.jar "$root"/cli/target/lib/*.jar "$build/$name.tmp/lib/"
    cp -- "$root"/bench/target/wrenn-bench-*.jar "$build/$name.tmp/bench/"
    local jar
    for jar in "$root"/bench/target/lib/*.jar; do
        [[ -e $build/$name.tmp/lib/${jar##*/} ]] || cp -- "$jar" "$build/$name.tmp/bench/"
    done
    for jar in "$build/$name.tmp"/{lib,bench}/bc*.jar; do
        if [[ -e $jar ]]; then unsign_jar "$jar"; fi
    done
    mv -T -- "$build/$name.tmp" "$build/$name"
    write_classpath "$build/$name" lib >"$build/$name/wrenn.args"
    write_classpath "$build/$name" lib bench >"$build/$name/bench.args"
    printf '%s\n' "$name" >"$build/app.current"
    for old in "$build"/app-*/; do
        old=${old%/}
        [[ ${old##*/} == "$name" ]] && continue
        grep -qsF -- "$old" /proc/[0-9]*/cmdline || rm -rf -- "$old"
    done
}

# unsign_jar JAR: without signatures and the digest of each entry. The JVM takes no class of a signed
# jar into its archive of loaded classes, and reads all digests at each start: a second of work.
# What is fetched is checked by Maven; nothing here asks for who signed a class.
unsign_jar() {
    local jar=$1 work
    work=$(mktemp -d -- "$build/unsign.XXXXXX")
    mkdir -- "$work/content"
    (
        cd -- "$work/content"
        "$JAVA_HOME/bin/jar" --extract --file "$jar"
        rm -f -- META-INF/*.SF META-INF/*.DSA META-INF/*.RSA META-INF/*.EC
        # The manifest's first section is the jar's own, each further one an entry's.
        tr -d '\r' <META-INF/MANIFEST.MF | sed '/^$/,$d' >../manifest
        rm -- META-INF/MANIFEST.MF
        "$JAVA_HOME/bin/jar" --create --file "$jar" --manifest ../manifest .
    )
    rm -rf -- "$work"
}

# An argument file of the java command: the class path in a fixed order, as one quoted word.
write_classpath() {
    local app=$1 part
    local -a jars=()
    shift
    for part in "$@"; do jars+=("$app/$part"/*.jar); done
    local joined
    joined=$(IFS=: && printf '%s' "${jars[*]}")
    joined=${joined//\\/\\\\}
    printf -- '-cp "%s"\n' "${joined//\"/\\\"}"
}

native_is_there() {
    [[ -x $root/native/target/release/envd && -r $root/native/target/release/libramshim.so &&
        -x $root/native/target/release/vmjail ]]
}

build_native() {
    local hash
    hash=$(native_inputs)
    is_built native "$hash" && native_is_there && return
    require_cargo
    lock_builds
    hash=$(native_inputs)
    if ! is_built native "$hash" || ! native_is_there; then
        local file=$log/native.log
        if ! step 'building the guest agent (Rust)' "$file" cargo_in_native build --release --locked -p envd -p ramshim -p vmjail; then
            if ! grep -qE 'failed to download|failed to fetch|spurious network' "$file" ||
                ! step 'a download failed; building again' "$file" cargo_in_native build --release --locked -p envd -p ramshim -p vmjail; then
                grep -E -A 8 '^error' "$file" | head -n 40 >&2 || true
                die "building the guest agent failed; log: $file"
            fi
        fi
        printf '%s\n' "$hash" >"$build/native.stamp"
    fi
    unlock_builds
}

cargo_in_native() { (cd "$root/native" && CARGO_TARGET_DIR=$root/native/target "$cargo" "$@"); }

require_cargo() {
    find_cargo && return
    install_cargo || die "Rust $rust_minimum or newer is needed to build the guest agent: install it with rustup (https://rustup.rs)"
    find_cargo || die "Rust was installed but no cargo $rust_minimum or newer is on PATH or in ~/.cargo/bin"
}

# From Debian when it is new enough, else by Debian's rustup package when there is one.
install_cargo() {
    is_debian && ((EUID == 0)) || return 1
    local version
    version=$(apt-cache policy cargo 2>/dev/null | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p')
    if [[ -n $version ]] && printf '%s\n%s\n' "$rust_minimum" "$version" | sort -C -V; then
        install_packages cargo rustc
    elif apt-cache policy rustup 2>/dev/null | grep -q 'Candidate: [0-9]'; then
        install_packages rustup
        step 'fetching the stable Rust tool chain (rustup)' "$log/rustup.log" rustup default stable
    else
        return 1
    fi
}
