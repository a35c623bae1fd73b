# Target initramfs: envd as /init and the modules it loads. Sourced by `build`.
# shellcheck shell=bash

initramfs_key() { key_of initramfs "$(kernel_key)" "$1" "$(sha256sum <"$2")"; }

build_initramfs() {
    local envd=$1 version key
    [[ -s $envd && -r $envd ]] || die "$envd is not there: build native/ first"
    [[ $(head -c 4 -- "$envd" | od -An -tx1 | tr -d ' \n') == 7f454c46 ]] || die "$envd is not an ELF program: give the static envd binary"
    if ! $refresh && version=$(current_kernel) && key=$(initramfs_key "$version" "$envd") &&
        [[ -s $out_dir/initramfs-$version.cpio && $(cat "$out_dir/initramfs-$version.key" 2>/dev/null) == "$key" ]]; then
        say "$version is up to date"
        return
    fi
    need_tools cpio setpriv
    if LC_ALL=C grep -qa '/lib64/ld-linux' -- "$envd"; then
        die "$envd is dynamically linked: /init must be a static program"
    fi
    if $refresh || ! version=$(current_kernel); then
        bash "$images_dir/build" kernel "$out_dir" "$cache_dir"
        version=$(current_kernel) || die 'the kernel is not there after its build: remove kernel.key and start again'
    fi
    begin
    mkdir "$work/ramfs"
    (cd "$work/ramfs" && cpio --quiet --extract --make-directories <"$out_dir/modules-$version.cpio" 2>>"$log_file") ||
        failed 'unpacking the modules' "remove $out_dir/kernel.key and start again"
    # /dev/console comes with the kernel's built-in archive; these are mount points.
    mkdir "$work"/ramfs/{dev,proc,sys,newroot}
    install -m 0755 -- "$envd" "$work/ramfs/init"
    key=$(initramfs_key "$version" "$envd")
    write_cpio "$work/ramfs" "$stage/initramfs"
    printf '%s\n' "$key" >"$stage/key"
    publish initramfs "initramfs-$version.cpio"
    publish key "initramfs-$version.key"
    say "initramfs-$version.cpio is ready, $(stat -c %s "$out_dir/initramfs-$version.cpio") bytes"
}
