package dev.wrenn.common.datastores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Under whose name a server runs, as the words that go in front of its command line. All of them
/// make the kernel send a signal to the server when the thread that started it ends.
///
/// @param name account that owns the server's files; null: the one of this process
record Account(@Nullable String name, List<String> launcher) {
    /// For PostgreSQL, which refuses uid 0: as root either the account, or a user namespace of its
    /// own in which it does not see that it is root.
    static Account postgres(Path program, Path data) {
        return choose("postgres", "INT", List.of("unshare", "-U"), program, data);
    }

    /// For Redis; as root without its account it keeps the uid but no capabilities.
    static Account redis(Path program, Path data) {
        return choose("redis", "TERM", List.of(), program, data);
    }

    private static Account choose(
            String name, String signal, List<String> fallback, Path program, Path data) {
        if (!isRoot()) return new Account(null, List.of("setpriv", "--pdeathsig=" + signal));
        var parent = Objects.requireNonNullElse(data.getParent(), data);
        var other =
                List.of(
                        "setpriv",
                        "--reuid=" + name,
                        "--regid=" + name,
                        "--clear-groups",
                        "--no-new-privs",
                        "--pdeathsig=" + signal);
        if (exists(name) && reaches(other, program) && reaches(other, parent))
            return new Account(name, other);
        var same = new ArrayList<>(List.of("setpriv", "--no-new-privs", "--pdeathsig=" + signal));
        if (fallback.isEmpty()) same.addAll(List.of("--bounding-set=-all", "--inh-caps=-all"));
        same.addAll(fallback);
        return new Account(null, List.copyOf(same));
    }

    List<String> command(String... words) {
        var all = new ArrayList<>(launcher);
        all.addAll(List.of(words));
        return all;
    }

    /// Makes `path` the server's own.
    void own(Path path) throws IOException {
        if (name == null) return;
        var users = path.getFileSystem().getUserPrincipalLookupService();
        var view =
                Files.getFileAttributeView(
                        path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        view.setOwner(users.lookupPrincipalByName(name));
        view.setGroup(users.lookupPrincipalByGroupName(name));
    }

    /// Owns a directory and all in it: an earlier life may have had another account.
    void ownAll(Path directory) throws IOException {
        if (name == null) return;
        try (var paths = Files.walk(directory)) {
            for (var path : (Iterable<Path>) paths::iterator) own(path);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static boolean exists(String name) {
        try {
            Path.of("/")
                    .getFileSystem()
                    .getUserPrincipalLookupService()
                    .lookupPrincipalByName(name);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean reaches(List<String> launcher, Path path) {
        var words = new ArrayList<>(launcher);
        words.addAll(List.of("test", "-x", path.toString()));
        return Command.succeeds(words);
    }
}
