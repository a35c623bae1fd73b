# Root file systems: recipes/NAME/{packages,customize} -> rootfs.ext4 + manifest.json. Sourced by `build`.
# shellcheck shell=bash

readonly rootfs_mib=5120
# Fixed identity: equal inputs give an equal image. A capsule's disk is a clone of it anyway.
readonly rootfs_uuid=77726e6e-6361-4073-8075-6c6500000001
readonly rootfs_hash_seed=77726e6e-6361-4073-8075-6c6500000002

rootfs_key() { key_of rootfs "$(sha256sum <"$images_dir/lib/guest-sources")"; }

# Dropped now and by later installs in the guest (dpkg reads them from its configuration).
readonly -a rootfs_dpkg_options=(
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*'
    --dpkgopt='path-exclude=/usr/share/lintian/*' --dpkgopt='path-exclude=/usr/share/linda/*'
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-include=/usr/share/locale/locale.alias'
)

build_rootfs() {
    local key
    key=$(rootfs_key)
    if ! $refresh && [[ $(manifest_value recipe) == "$key" && $(manifest_value file_bytes) == "$(stat -c %s "$out_dir/rootfs.ext4" 2>/dev/null)" ]]; then
        say 'up to date'
        return
    fi
    need_root
    need_tools mmdebstrap mkfs.ext4 e2fsck debugfs apt-get setpriv unshare tar perl
    begin
    need_space "$cache_dir" 1200
    need_space "$out_dir" 600
    ensure_package_lists
    make_tree
    make_image
    # From here to the new manifest there is none: the manifest vouches for the image beside it.
    rm -f -- "$out_dir/manifest.json"
    sync -- "$out_dir"
    publish rootfs.ext4 rootfs.ext4
    publish manifest.json manifest.json
    say "rootfs.ext4 is ready, $(($(manifest_value size_bytes) / 1048576)) MiB of $rootfs_mib allocated"
}

# manifest_value NAME: a string or number of the manifest, which has one of them a line.
manifest_value() {
    sed -n 's/^ *"'"$1"'": "\{0,1\}\([^",]*\)"\{0,1\},\{0,1\}$/\1/p' "$out_dir/manifest.json" 2>/dev/null || true
}

# $work/rootfs.tar by mmdebstrap: sorted, times clamped. In its own mount and process namespace:
# however this run ends, no mount and no process of it stays.
make_tree() {
    local suite packages
    suite=$(distribution)
    suite=${suite#* }
    packages=$(sed 's/#.*//' "$images_dir/recipes/$target/packages" | tr -s ' \n' ',' | sed 's/^,//; s/,$//')
    apt_sources "$suite" >"$work/sources.list"
    apt-config dump | grep -E '^Acquire::(https?|ftp|Check-[A-Za-z-]*|Retries)[: ]' >"$work/apt.conf" || true
    say "installing $(tr ',' '\n' <<<"$packages" | wc -l) packages and what they need, from $suite"
    # dpkg need not sync each file: the finished image is synced once.
    TMPDIR=$work run unshare --mount --pid --fork --kill-child --propagation private \
        mmdebstrap --mode=root --variant=minbase --format=tar --quiet --skip=cleanup/apt,check/qemu \
        --aptopt='APT::Install-Recommends "false"' --aptopt='APT::Sandbox::User "root"' --dpkgopt=force-unsafe-io \
        --aptopt="$work/apt.conf" \
        "${rootfs_dpkg_options[@]}" --include="$packages" \
        --customize-hook="$images_dir/recipes/$target/customize \"\$1\"" \
        --customize-hook="chroot \"\$1\" dpkg-query -W -f '\${Package} \${Version} \${Architecture}\\n' >'$work/packages'" \
        "$suite" "$work/rootfs.tar" "$work/sources.list" ||
        failed 'installing packages' 'check the network and /etc/apt/sources.list*, run apt-get update, and start again'
    [[ -s $work/packages ]] || failed 'installing packages' 'the package list is empty: report this as a bug'
}

# The machine's own sources of its distribution, as one-line entries; other vendors' are left out.
apt_sources() {
    local origin uri component release entry keys
    apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SOURCESENTRY)' 'Created-By: Packages' |
        while IFS='|' read -r origin uri release component entry; do
            [[ $origin =~ ^(Debian|Ubuntu)$ && $uri =~ ^(http|https|file|copy|mirror).*: ]] || continue
            [[ $release =~ ^$1(-updates|-security)?$ && $component =~ ^(main|universe)$ ]] || continue
            keys=$(sed -n 's/^Signed-By: *\(\/[^ ]*\) *$/\1/Ip; s/^deb .*signed-by=\([^] ]*\).*/\1/Ip' "${entry%:*}" | sort -u | paste -sd,)
            printf 'deb %s%s %s %s\n' "${keys:+[signed-by=$keys] }" "$uri" "$release" "$component"
        done | sort -u >"$work/entries"
    [[ -s $work/entries ]] || die "apt knows no $1 source of Debian or Ubuntu: check /etc/apt/sources.list* and run apt-get update"
    cat "$work/entries"
}

make_image() {
    local image=$stage/rootfs.ext4
    say 'writing the ext4 image'
    mkdir "$work/root"
    run tar -C "$work/root" --numeric-owner --xattrs --xattrs-include='*' -xpf "$work/rootfs.tar" ||
        failed 'unpacking the tree' 'see the lines above'
    find "$work/root" -xdev -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    truncate -s "${rootfs_mib}M" "$image"
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH run mkfs.ext4 -q -F -m 0 -L wrenn -U "$rootfs_uuid" -J size=16 \
        -E "hash_seed=$rootfs_hash_seed,lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0" -d "$work/root" "$image" ||
        failed 'making the ext4 image' 'see the lines above'
    fix_inode_times "$image"
    run fallocate --dig-holes "$image" || true # saves space where the file system can
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH run e2fsck -f -n "$image" ||
        failed 'checking the ext4 image' 'e2fsck finds faults in a new image: report this as a bug'
    write_manifest "$image" >"$stage/manifest.json"
}

# mkfs copies access and change times from the staging tree, where they are "now"; every used inode
# (those outside the free ranges; the first ten are reserved) gets the fixed time instead.
fix_inode_times() {
    dumpe2fs "$1" 2>/dev/null | awk -v time="@$SOURCE_DATE_EPOCH" '
        /^Inode count:/ { count = $3 }
        /^  Free inodes: / {
            sub(/^  Free inodes: /, "")
            n = split($0, ranges, /, */)
            for (i = 1; i <= n; i++) {
                split(ranges[i], ends, "-")
                for (j = ends[1] + 0; j <= (ends[2] == "" ? ends[1] : ends[2]) + 0; j++) free[j] = 1
            }
        }
        END {
            for (i = 11; i <= count; i++)
                if (!(i in free)) printf "sif <%d> atime %s\nsif <%d> ctime %s\n", i, time, i, time
        }' >"$work/times"
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH run debugfs -w -f "$work/times" "$1" ||
        failed 'setting the times of the files' 'see the lines above'
}

write_manifest() {
    cat <<JSON
{
  "type": "rootfs",
  "name": "$target",
  "format": "ext4",
  "distribution": "$(distribution)",
  "file_bytes": $(stat -c %s "$1"),
  "size_bytes": $(($(stat -c '%b * %B' "$1"))),
  "content_sha256": "$("$images_dir/lib/content" "$1" | sha256sum | cut -d' ' -f1)",
  "packages_sha256": "$(LC_ALL=C sort "$work/packages" | sha256sum | cut -d' ' -f1)",
  "packages": $(wc -l <"$work/packages"),
  "recipe": "$(rootfs_key)"
}
JSON
}
