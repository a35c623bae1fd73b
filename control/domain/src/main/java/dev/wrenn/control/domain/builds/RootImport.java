package dev.wrenn.control.domain.builds;

import dev.wrenn.control.domain.hosts.Command;
import java.io.InputStream;
import java.time.Duration;

/// Puts another root file system in the place of a capsule's own, inside of the capsule: no other
/// machine reads what is in the image. Its programs are those of `minimal` until the moment of the
/// change; the one that makes the change holds all that it needs in memory.
final class RootImport {
    private static final Duration UNPACK = Duration.ofMinutes(30);
    private static final Duration CHANGE = Duration.ofMinutes(10);

    /// Owners by number: the names are those of the image. A line of its progress for each 32 MiB.
    private static final String UNPACKING =
            """
            set -e
            mkdir -p /.import/new
            exec tar -x -f - -C /.import/new -B -b 2048 --numeric-owner -p --same-owner \\
                --checkpoint=32 --checkpoint-action=echo='%u MiB unpacked'
            """;

    /// Everything that is no mount point goes, and what the image has comes in its place. Blocks
    /// that became free are given back, as far as the disk lets itself be told.
    private static final String CHANGING =
            """
            import fcntl, os, shutil, struct
            KEEP = {'.import', 'dev', 'proc', 'run', 'sys', 'tmp'}
            os.mkdir('/.import/old')
            for name in os.listdir('/'):
                if name not in KEEP:
                    os.rename('/' + name, '/.import/old/' + name)
            for name in os.listdir('/.import/new'):
                if name not in KEEP:
                    os.rename('/.import/new/' + name, '/' + name)
            shutil.rmtree('/.import')
            os.chmod('/', 0o755)
            os.sync()
            root = os.open('/', os.O_RDONLY)
            try:
                FITRIM = 0xc0185879
                fcntl.ioctl(root, FITRIM, struct.pack('QQQ', 0, 2**64 - 1, 0))
            except OSError:
                pass
            os.sync()
            """;

    private RootImport() {}

    /// @param tar a whole root file system
    static Site.Result run(Site site, InputStream tar, Site.Talk talk) {
        var unpack = Setting.shell(UNPACKING, UNPACK);
        var unpacked =
                site.run(
                        new Command(
                                unpack.program(),
                                unpack.args(),
                                unpack.envs(),
                                unpack.cwd(),
                                unpack.limit(),
                                true),
                        talk,
                        tar);
        if (!unpacked.ok()) return unpacked;
        return site.run(
                Setting.shell("exec python3 -I -c " + Words.quoted(CHANGING), CHANGE), talk);
    }
}
