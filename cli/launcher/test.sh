# `wrenn test [unit|component|system|browser]`: all set-up, then every test, then one line that counts.
# Logs are in .build/log/test-*.log. Sourced by `wrenn`.
# shellcheck shell=bash disable=SC2154  # variables come from the files sourced before

count_passed=0 count_failed=0 count_skipped=0

run_tests() {
    local tier=${1-all}
    case $tier in
        all | unit | component | system | browser) ;;
        *)
            say "test: $tier is no tier (expected: unit, component, system, browser, or nothing for all)"
            exit 2
            ;;
    esac
    local began=$EPOCHREALTIME
    require_jdk
    require_packages
    require_cargo
    require_node
    mkdir -p "$log"
    rm -f -- "$log"/test-*.log
    find "$root"/{common,control,host,cli,bench,tests} -path '*/target/surefire-reports/*' -name 'TEST-*.xml' -delete
    case $tier in
        all | unit)
            test_rust
            test_dashboard
            test_java unit -T1C
            ;;
    esac
    case $tier in all | component) test_component ;; esac
    case $tier in all | system) test_system ;; esac
    case $tier in browser) test_browser ;; esac # asked for by name: it installs a browser
    count_surefire
    say "all stages: $(seconds_since "$began") s"
    printf '%d passed, %d failed, %d skipped\n' "$count_passed" "$count_failed" "$count_skipped"
    ((count_failed == 0))
}

# stage NAME COMMAND...: runs it with its output in a log; failing without a failed test counts as one.
stage() {
    local name=$1 file=$log/test-$1.log
    shift
    step "test $name" "$file" "$@" && return
    say "test $name FAILED; log: $file"
    return 1
}

gate() {
    stage "$@" && return
    count_failed=$((count_failed + 1))
    tail -n 25 "$log/test-$1.log" >&2
}

test_rust() {
    gate rust-format cargo_in_native fmt --all --check
    gate rust-lint cargo_in_native clippy --locked --workspace --all-targets -- -D warnings
    local status=0
    stage rust-unit cargo_in_native test --locked --workspace --no-fail-fast || status=$?
    count_cargo "$log/test-rust-unit.log"
    if ((status != 0 && rust_failed == 0)); then
        count_failed=$((count_failed + 1))
        grep -E -A 8 '^error' "$log/test-rust-unit.log" | head -n 40 >&2 || true
    fi
}

# Lines as `test result: FAILED. 3 passed; 1 failed; 2 ignored; …`, one for each test program.
count_cargo() {
    local sums
    sums=$(awk '/^test result: / { for (i = 4; i < NF; i += 2) n[$(i + 1)] += $i }
        END { print n["passed;"] + 0, n["failed;"] + 0, n["ignored;"] + 0 }' "$1")
    local ok ignored
    read -r ok rust_failed ignored <<<"$sums"
    count_passed=$((count_passed + ok)) count_failed=$((count_failed + rust_failed)) count_skipped=$((count_skipped + ignored))
    grep -E '^test .* FAILED$' "$1" >&2 || true
}

# Types against the contract, format, lint, the logic.
test_dashboard() {
    lock_builds
    install_dashboard_libraries
    unlock_builds
    gate dashboard-build npm_in_dashboard run build
    gate dashboard-lint npm_in_dashboard run lint
    run_vitest dashboard-unit test
}

# run_vitest NAME SCRIPT: its last lines say how many tests there were.
run_vitest() {
    local name=$1 file=$log/test-$1.log report=$log/test-$1.json status=0
    rm -f -- "$report"
    stage "$name" npm_in_dashboard run "$2" -- --reporter=default --reporter=json --outputFile.json="$report" || status=$?
    local ok=0 bad=0 skipped=0
    if [[ -r $report ]]; then
        read -r ok bad skipped < <(node -e '
            const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
            console.log(r.numPassedTests, r.numFailedTests, r.numPendingTests + r.numTodoTests);' "$report")
    fi
    if ((status != 0 && bad == 0)); then bad=1; fi
    count_passed=$((count_passed + ok)) count_failed=$((count_failed + bad)) count_skipped=$((count_skipped + skipped))
    if ((bad > 0)); then grep -E '^ *(FAIL|×|Error|AssertionError)|❯ .*test.ts' "$file" | head -n 30 >&2 || tail -n 25 "$file" >&2; fi
}

# Chromium against an installation with real VMs, started by this launcher itself.
test_browser() {
    require_browser
    prepare_guest
    build_native
    build_java
    build_dashboard
    run_vitest browser browser
}

require_browser() {
    command -v chromium >/dev/null && return
    is_debian || die 'Chromium is needed to test the dashboard: install it as `chromium`'
    install_packages chromium
}

# test_java TIER ARG...: a Maven run; failed tests do not end it, so that every module is tested.
test_java() {
    local tier=$1 file=$log/test-java-$1.log
    local -a goals=("${@:2}" -Dmaven.test.failure.ignore=true package)
    [[ $tier == unit ]] || goals=("-P$tier" -Dskip.format=true "${goals[@]}")
    stage "java-$tier" maven "${goals[@]}" && return
    if is_download_failure "$file"; then
        say 'a download failed; trying again'
        stage "java-$tier" maven "${goals[@]}" && return
    fi
    explain_maven "$file"
    count_failed=$((count_failed + 1))
}

# What tests boot and talk to: guest images, and the Rust programs as they ship.
prepare_guest() {
    [[ -n ${prepared-} ]] && return
    gate rust-release cargo_in_native build --release --locked --workspace
    gate images build_images "$build/images"
    export WRENN_TEST_IMAGES=$build/images
    prepared=yes
}

test_component() {
    prepare_guest
    test_java component
}

# Real VMs, started by this launcher itself.
test_system() {
    prepare_guest
    build_native
    build_java
    if [[ -x $root/images/test ]]; then
        local status=0
        stage images-test "$root/images/test" "$build/images/cache" || status=$?
        count_images "$log/test-images-test.log" "$status"
    fi
    test_java system -pl tests/system
}

# Its last line is `N passed, N failed, N skipped`; ending badly without a failed test counts as one.
count_images() {
    local ok=0 bad=0 skipped=0
    read -r ok bad skipped < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped.*/\1 \2 \3/p' "$1" | tail -n 1) || true
    ok=${ok:-0} bad=${bad:-0} skipped=${skipped:-0}
    if (($2 != 0 && bad == 0)); then bad=1; fi
    count_passed=$((count_passed + ok)) count_failed=$((count_failed + bad)) count_skipped=$((count_skipped + skipped))
    if ((bad > 0)); then tail -n 25 "$1" >&2; fi
}

# What a capsule boots, laid out as a host keeps it; a second call only checks.
build_images() {
    mkdir -p "$1/kernels" "$1/images/minimal" "$1/cache"
    "$root/images/build" kernel "$1/kernels" "$1/cache" &&
        "$root/images/build" initramfs "$1/kernels" "$1/cache" "$root/native/target/release/envd" &&
        "$root/images/build" minimal "$1/images/minimal" "$1/cache"
}

# Sums the reports of all modules and names each failed test with what it found.
count_surefire() {
    local -a reports
    mapfile -t reports < <(find "$root"/{common,control,host,cli,bench,tests} -path '*/target/surefire-reports/*' -name 'TEST-*.xml')
    ((${#reports[@]} > 0)) || return 0
    local sums ok bad skipped
    sums=$(awk '
        function number(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0 : 0 }
        function word(name) { return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : "" }
        function excerpt(text) {
            gsub(/&#10;|&#xA;/, " ", text); gsub(/&quot;/, "\"", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&amp;/, "\\&", text)
            return substr(text, 1, 600)
        }
        /<testsuite / { tests += number("tests"); bad += number("failures") + number("errors"); skipped += number("skipped") }
        /<testcase / { test = word("classname") "." word("name") }
        /<(failure|error)[ >]/ { print "FAILED " test ": " excerpt(word("message")) > "/dev/stderr" }
        END { print tests - bad - skipped, bad + 0, skipped + 0 }' "${reports[@]}")
    read -r ok bad skipped <<<"$sums"
    count_passed=$((count_passed + ok)) count_failed=$((count_failed + bad)) count_skipped=$((count_skipped + skipped))
}
