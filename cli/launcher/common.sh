# Progress, failure, the JDK, and the final hand-over to Java. Sourced by `wrenn`.
# shellcheck shell=bash disable=SC2154  # variables come from the files sourced before

say() { printf '%s\n' "wrenn: $*" >&2; }

die() {
    say "$*"
    exit 1
}

# Seconds since a value of EPOCHREALTIME, with one decimal.
seconds_since() {
    local now=$EPOCHREALTIME
    local tenths=$(((${now/[.,]/} - ${1/[.,]/}) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# is_jdk_25 HOME: a whole JDK (with compiler) of version 25?
is_jdk_25() {
    [[ -x $1/bin/java && -x $1/bin/javac && -r $1/release ]] || return 1
    local line
    while read -r line; do
        [[ $line == 'JAVA_VERSION="25'[\".]* ]] && return 0
    done <"$1/release"
    return 1
}

# Sets JAVA_HOME to a JDK 25, or fails.
find_jdk() {
    local home java
    for home in "${JAVA_HOME-}" /usr/lib/jvm/*25*; do
        if [[ -n $home ]] && is_jdk_25 "$home"; then
            export JAVA_HOME=$home
            return 0
        fi
    done
    java=$(command -v java) || return 1
    home=$(dirname -- "$(dirname -- "$(readlink -f -- "$java")")")
    is_jdk_25 "$home" || return 1
    export JAVA_HOME=$home
}

require_jdk() {
    find_jdk && return
    install_jdk || die "a JDK 25 is needed: install openjdk-25-jdk or temurin-25-jdk (https://adoptium.net), or set JAVA_HOME to one"
    find_jdk || die "a JDK 25 was installed but is not found below /usr/lib/jvm: set JAVA_HOME to it"
}

# Of short commands: the collector and compiler with the least to set up.
readonly -a java_flags=(
    -XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m
    -XX:+ExitOnOutOfMemoryError
)
# Of everything else; a client command does without, as these put the JDK's own class archive in part
# out of use.
readonly -a native_flags=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)

# start_java MAIN ARG...: replaces this shell. The program sets the flags of its children itself.
start_java() {
    local main=$1 app arguments=wrenn.args
    shift
    app=$build/$(<"$build/app.current")
    [[ $main == dev.wrenn.bench.* ]] && arguments=bench.args
    export WRENN_ROOT=$root WRENN_APP=$app
    local -a flags=("${java_flags[@]}")
    [[ $main == dev.wrenn.bench.* ]] && flags+=(-Xmx1g) # a thousand simulated hosts
    case ${1-} in capsule | exec) ;; *) flags+=("${native_flags[@]}") ;; esac
    # The first one that ends leaves its loaded classes for the next ones, as services do.
    case ${1-} in
        up | down)
            if [[ -w $app ]]; then
                flags+=(-XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=$app/$1.jsa" -Xlog:cds*=off -Xlog:aot*=off)
            fi
            ;;
    esac
    exec "$JAVA_HOME/bin/java" "@$app/$arguments" "${flags[@]}" "$main" "$@"
}
