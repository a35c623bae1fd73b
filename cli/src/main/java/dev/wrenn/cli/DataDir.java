package dev.wrenn.cli;

import java.nio.file.Path;
import java.util.Map;

/// Where an instance keeps everything it owns. Immutable; nothing here touches the disk.
public record DataDir(Path root) {
    public DataDir {
        root = root.toAbsolutePath().normalize();
    }

    /// `--data-dir`, else `.wrenn` beside the launcher, else `.wrenn` in the current directory.
    public static DataDir of(
            @org.jspecify.annotations.Nullable Path given, Map<String, String> env) {
        if (given != null) return new DataDir(given);
        return new DataDir(Path.of(env.getOrDefault("WRENN_ROOT", "")).resolve(".wrenn"));
    }

    /// Cluster of the embedded PostgreSQL.
    public Path postgresData() {
        return root.resolve("pg");
    }

    /// Its unpacked programs.
    public Path postgresPrograms() {
        return root.resolve("pgsql");
    }

    public Path redis() {
        return root.resolve("redis");
    }

    /// The host agent's own directory: kernels, images, capsules. May be a mount point.
    public Path host() {
        return root.resolve("host");
    }

    /// The file system image behind [#host()] where the disk below cannot share blocks.
    public Path hostVolume() {
        return root.resolve("host.xfs");
    }

    public Path pki() {
        return root.resolve("pki");
    }

    public Path secrets() {
        return root.resolve("secrets");
    }

    /// What the control plane starts with the first time: account, key, host.
    public Path bootstrap() {
        return secrets().resolve("bootstrap.json");
    }

    /// What the host agent registers with, mode 0600.
    public Path hostToken() {
        return secrets().resolve("host-token");
    }

    /// Mails that could not be sent for want of a mail server, mode 0600.
    public Path mail() {
        return root.resolve("mail");
    }

    /// Images of paused capsules, for when their hosts are gone.
    public Path objects() {
        return root.resolve("objects");
    }

    public Path log() {
        return root.resolve("log");
    }

    /// Log of one part.
    public Path log(String part) {
        return log().resolve(part + ".log");
    }

    /// Process records and the state of the supervisor.
    public Path run() {
        return root.resolve("run");
    }

    /// The session of `wrenn login`, mode 0600.
    public Path session() {
        return root.resolve("session.json");
    }

    /// What a client needs, mode 0600.
    public Path credentials() {
        return root.resolve("credentials.json");
    }
}
