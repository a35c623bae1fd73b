package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.contracts.hostagent.v1.FileEntry;
import dev.wrenn.contracts.hostagent.v1.ListDirRequest;
import dev.wrenn.contracts.hostagent.v1.ListDirResponse;
import dev.wrenn.contracts.hostagent.v1.MakeDirRequest;
import dev.wrenn.contracts.hostagent.v1.MakeDirResponse;
import dev.wrenn.contracts.hostagent.v1.RemovePathRequest;
import dev.wrenn.contracts.hostagent.v1.RemovePathResponse;
import dev.wrenn.contracts.hostagent.v1.RenamePathRequest;
import dev.wrenn.contracts.hostagent.v1.RenamePathResponse;
import dev.wrenn.contracts.hostagent.v1.StatPathRequest;
import dev.wrenn.contracts.hostagent.v1.StatPathResponse;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.FileException;
import dev.wrenn.host.guest.GuestEntry;
import dev.wrenn.host.guest.GuestFiles;
import java.util.function.Function;

/// The calls about files that carry no contents.
final class FileRpc {
    private final Capsules capsules;

    FileRpc(Capsules capsules) {
        this.capsules = capsules;
    }

    StatPathResponse stat(CallContext call, StatPathRequest q) {
        var entry = with(q.getSandboxId(), files -> files.stat(q.getPath()));
        return StatPathResponse.newBuilder().setEntry(entry(entry)).build();
    }

    ListDirResponse list(CallContext call, ListDirRequest q) {
        var entries = with(q.getSandboxId(), files -> files.list(q.getPath(), q.getDepth()));
        return ListDirResponse.newBuilder()
                .addAllEntries(entries.stream().map(FileRpc::entry).toList())
                .build();
    }

    MakeDirResponse makeFolder(CallContext call, MakeDirRequest q) {
        var entry = with(q.getSandboxId(), files -> files.makeFolder(q.getPath()));
        return MakeDirResponse.newBuilder().setEntry(entry(entry)).build();
    }

    RemovePathResponse remove(CallContext call, RemovePathRequest q) {
        return with(
                q.getSandboxId(),
                files -> {
                    files.remove(q.getPath());
                    return RemovePathResponse.getDefaultInstance();
                });
    }

    RenamePathResponse rename(CallContext call, RenamePathRequest q) {
        var entry =
                with(q.getSandboxId(), files -> files.rename(q.getSource(), q.getDestination()));
        return RenamePathResponse.newBuilder().setEntry(entry(entry)).build();
    }

    private <T> T with(String sandbox, Function<GuestFiles, T> call) {
        try (var access = Guests.access(capsules, sandbox)) {
            return call.apply(access.guest().files());
        } catch (FileException e) {
            throw Faults.file(e);
        }
    }

    private static FileEntry entry(GuestEntry entry) {
        var wire =
                FileEntry.newBuilder()
                        .setName(entry.name())
                        .setPath(entry.path())
                        .setType(
                                switch (entry.type()) {
                                    case FILE -> FileEntry.Type.TYPE_FILE;
                                    case DIRECTORY -> FileEntry.Type.TYPE_DIRECTORY;
                                    case SYMLINK -> FileEntry.Type.TYPE_SYMLINK;
                                })
                        .setSize(entry.size())
                        .setMode(entry.mode())
                        .setPermissions(entry.permissions())
                        .setOwner(entry.owner())
                        .setGroup(entry.group())
                        .setModifiedAtUnix(entry.modifiedAt().getEpochSecond());
        entry.target().ifPresent(wire::setSymlinkTarget);
        return wire.build();
    }
}
