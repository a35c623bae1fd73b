# The part of `wrenn doctor` that must work before anything is installed or built. Sourced by `wrenn`.
# Same form as the Java part, which goes on from here: ok / not ok, what, how to fix.
# shellcheck shell=bash disable=SC2154  # variables come from the files sourced before

failed_checks=0

report() { printf '%-7s %-22s %s\n' "$1" "$2" "$3"; }
passed() { report ok "$1" "$2"; }
failed() {
    report 'not ok' "$1" "$2"
    failed_checks=$((failed_checks + 1))
}

# Leaves by exit 1 when the Java part cannot run; else WRENN_DOCTOR_FAILED carries the count on.
check_prerequisites() {
    local -a missing=()
    if find_jdk; then passed 'JDK 25' "$JAVA_HOME"; else failed 'JDK 25' 'none found: install openjdk-25-jdk or temurin-25-jdk, or set JAVA_HOME'; fi
    if is_debian; then
        mapfile -t missing < <(missing_packages)
        if ((${#missing[@]} == 0)); then
            passed 'Debian packages' "$((${#base_packages[@]} + $(grep -cvE '^ *(#|$)' "$root/images/packages.txt"))) installed"
        else
            failed 'Debian packages' "as root: apt-get install --no-install-recommends ${missing[*]}"
        fi
    else
        report '-' 'Debian packages' "not Debian or Ubuntu: needed is what these hold: ${base_packages[*]}"
    fi
    if find_cargo; then
        passed 'Rust' "$("$cargo" --version)"
    else
        failed 'Rust' "cargo $rust_minimum or newer is needed: install it with rustup (https://rustup.rs)"
    fi
    export WRENN_DOCTOR_FAILED=$failed_checks
    if [[ -z ${JAVA_HOME-} ]] || ! find_jdk; then
        say 'the other checks need a JDK'
        exit 1
    fi
    if [[ ! -r $build/app.current ]] && ! command -v mvn >/dev/null; then
        say 'the other checks need the Java program, and Maven to build it'
        exit 1
    fi
}
