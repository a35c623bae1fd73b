# Target kernel: the distribution's cloud kernel, unpacked and never installed. Sourced by `build`.
# shellcheck shell=bash

# Load order of what envd needs before it can mount the root and answer; each after what it uses.
readonly virtio_modules='virtio_ring virtio virtio_mmio virtio_blk failover net_failover virtio_net virtio_rng'
readonly ext4_modules='crc16 crc32c_generic libcrc32c mbcache jbd2 ext4'

kernel_key() { key_of kernel; }

# Prints the version when OUT_DIR holds a complete kernel built from the present recipe.
current_kernel() {
    local key version
    [[ -r $out_dir/kernel.key ]] || return 1
    read -r key version <"$out_dir/kernel.key" || return 1
    [[ $key == "$(kernel_key)" && -s $out_dir/vmlinux-$version && -s $out_dir/modules-$version.cpio ]] || return 1
    printf '%s\n' "$version"
}

build_kernel() {
    local version
    if ! $refresh && version=$(current_kernel); then
        say "$version is up to date"
        return
    fi
    need_tools apt-get apt-cache dpkg-deb setpriv cpio lz4 zstd xz
    begin
    make_kernel
}

# Downloads, extracts and publishes; `begin` was called.
make_kernel() {
    need_space "$cache_dir" 500
    need_space "$out_dir" 150
    ensure_package_lists
    local image packages kernel_version
    image=$(kernel_package)
    packages=$(printf '%s\n' "$image" "${image/linux-image-/linux-modules-}" | sort -u)
    download_packages "$packages"
    mkdir "$work/tree"
    local deb
    for deb in "${debs[@]}"; do
        run dpkg-deb -x "$deb" "$work/tree" || failed "unpacking $(basename "$deb")" 'the download is damaged: start again'
    done
    local bzimage
    bzimage=$(compgen -G "$work/tree/boot/vmlinuz-*" || true)
    [[ -s $bzimage ]] || die "the package $image holds no boot/vmlinuz-*: report this as a bug"
    kernel_version=${bzimage##*/vmlinuz-}
    say "extracting vmlinux $kernel_version"
    extract_vmlinux "$bzimage" "$stage/vmlinux"
    collect_modules "$kernel_version"
    publish modules.cpio "modules-$kernel_version.cpio"
    publish vmlinux "vmlinux-$kernel_version"
    printf '%s %s\n' "$(kernel_key)" "$kernel_version" >"$stage/key"
    publish key kernel.key
    say "vmlinux-$kernel_version is ready"
}

# The real package behind the distribution's "newest cloud kernel" name.
kernel_package() {
    local meta image
    for meta in linux-image-cloud-amd64 linux-image-kvm linux-image-virtual linux-image-generic linux-image-amd64; do
        image=$(apt-cache depends --no-recommends --no-suggests "$meta" 2>/dev/null |
            sed -n 's/^ *|\{0,1\}Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
        if [[ -n $image ]]; then
            printf '%s\n' "$image"
            return
        fi
    done
    die 'no package linux-image-cloud-amd64 (or -kvm, -virtual, -generic) is known to apt: run apt-get update and check /etc/apt/sources.list*'
}

# download_packages NAMES: into CACHE_DIR/debs, where apt checks the hash of a file it finds; sets `debs`.
download_packages() {
    local package file
    debs=()
    mkdir -p "$cache_dir/debs"
    for package in $1; do
        # Debian has no linux-modules-*: the image package holds the modules.
        file=$(apt-get --print-uris download "$package" 2>/dev/null | awk 'NR == 1 { print $2 }') || continue
        say "downloading $package"
        run env -C "$cache_dir/debs" apt-get -q -o APT::Sandbox::User=root download "$package" ||
            failed "downloading $package" 'check the network, then apt-get update, and start again'
        debs+=("$cache_dir/debs/$file")
    done
}

# extract_vmlinux BZIMAGE TARGET. The boot header (Documentation/x86/boot.rst) says where the
# payload is: setup_sects at 0x1f1, payload_offset at 0x248, payload_length at 0x24c.
extract_vmlinux() {
    local sectors offset length start magic size
    sectors=$(od -An -tu1 -j $((0x1f1)) -N1 "$1" | tr -d ' ')
    read -r offset length < <(od -An -tu4 -j $((0x248)) -N8 "$1")
    start=$(((sectors + 1) * 512 + offset))
    set +o pipefail # tail may get SIGPIPE
    payload() { tail -c +$((start + 1)) -- "$1" | head -c "$2"; }
    magic=$(payload "$1" 6 | od -An -tx1 | tr -d ' \n')
    # All but gzip carry the unpacked size in four bytes after the stream.
    case $magic in
        02214c18*) payload "$1" $((length - 4)) | lz4 -dcq - >"$2" ;;
        28b52ffd*) payload "$1" $((length - 4)) | zstd -dcq - >"$2" ;;
        fd377a585a00) payload "$1" $((length - 4)) | xz -dcq - >"$2" ;;
        1f8b*) payload "$1" "$length" | gzip -dc - >"$2" ;;
        *) die "the kernel payload has the unknown magic $magic: report this as a bug" ;;
    esac 2>>"$log_file" || failed 'unpacking the kernel payload' 'the download is damaged: start again'
    set -o pipefail
    size=$(od -An -tu4 -j $((start + length - 4)) -N4 "$1" | tr -d ' ')
    [[ $(stat -c %s "$2") == "$size" && $(head -c 4 "$2" | od -An -tx1 | tr -d ' \n') == 7f454c46 ]] ||
        failed 'unpacking the kernel payload' 'the result is not the ELF file that was promised: start again'
}

# collect_modules VERSION: $stage/modules.cpio with modules/*.ko and modules/order.
collect_modules() {
    local root name file
    root=$(compgen -G "$work/tree/lib/modules/$1" || compgen -G "$work/tree/usr/lib/modules/$1") ||
        die "the kernel package holds no modules for $1: report this as a bug"
    mkdir -p "$work/ramfs/modules"
    local names=$virtio_modules
    grep -q '/ext4\.ko$' "$root/modules.builtin" || names="$names $ext4_modules"
    for name in $names; do
        # virtio_rng is virtio-rng.ko on disk: the kernel treats _ and - alike.
        if grep -qE "/${name//_/[-_]}\.ko\$" "$root/modules.builtin"; then continue; fi
        file=$(find "$root/kernel" -regextype posix-extended -regex ".*/${name//_/[-_]}\.ko(\.xz|\.zst|\.gz)?")
        if [[ -z $file ]]; then
            case $name in
                crc* | libcrc32c) continue ;; # not in every kernel; ext4 says what it needs
                *) die "the kernel $1 has no module $name: report this as a bug" ;;
            esac
        fi
        unpack_module "$file" "$work/ramfs/modules/$name.ko"
        printf '%s\n' "$name" >>"$work/ramfs/modules/order"
    done
    write_cpio "$work/ramfs" "$stage/modules.cpio"
}

unpack_module() {
    case $1 in
        *.xz) xz -dc "$1" >"$2" ;;
        *.zst) zstd -dcq "$1" >"$2" ;;
        *.gz) gzip -dc "$1" >"$2" ;;
        *) cat -- "$1" >"$2" ;;
    esac || failed "unpacking $1" 'the download is damaged: start again'
    # Without symbols for debugging and without the signature, whose check costs boot time.
    if command -v strip >/dev/null; then strip --strip-debug "$2"; fi
}

# write_cpio DIR FILE: newc archive in sorted order, owner root, time fixed, no inode numbers.
write_cpio() {
    find "$1" -exec touch --no-dereference --date=@0 {} +
    (cd "$1" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
        cpio --quiet --null --create --format=newc --owner=0:0 --reproducible) >"$2" 2>>"$log_file" ||
        failed "writing $(basename "$2")" 'see the lines above'
}
