package dev.wrenn.common.connect;

import dev.wrenn.contracts.filesystem.ListDirRequest;
import dev.wrenn.contracts.filesystem.ListDirResponse;
import dev.wrenn.contracts.filesystem.MakeDirRequest;
import dev.wrenn.contracts.filesystem.MakeDirResponse;
import dev.wrenn.contracts.filesystem.MoveRequest;
import dev.wrenn.contracts.filesystem.MoveResponse;
import dev.wrenn.contracts.filesystem.RemoveRequest;
import dev.wrenn.contracts.filesystem.RemoveResponse;
import dev.wrenn.contracts.filesystem.StatRequest;
import dev.wrenn.contracts.filesystem.StatResponse;

/// The guest's file service (`contracts/proto/filesystem`), without its watches.
public final class FilesystemMethods {
    private static final String SERVICE = "filesystem.Filesystem";

    public static final Method<StatRequest, StatResponse> STAT =
            Method.unary(
                    SERVICE,
                    "Stat",
                    StatRequest.getDefaultInstance(),
                    StatResponse.getDefaultInstance());
    public static final Method<ListDirRequest, ListDirResponse> LIST_DIR =
            Method.unary(
                    SERVICE,
                    "ListDir",
                    ListDirRequest.getDefaultInstance(),
                    ListDirResponse.getDefaultInstance());
    public static final Method<MakeDirRequest, MakeDirResponse> MAKE_DIR =
            Method.unary(
                    SERVICE,
                    "MakeDir",
                    MakeDirRequest.getDefaultInstance(),
                    MakeDirResponse.getDefaultInstance());
    public static final Method<MoveRequest, MoveResponse> MOVE =
            Method.unary(
                    SERVICE,
                    "Move",
                    MoveRequest.getDefaultInstance(),
                    MoveResponse.getDefaultInstance());
    public static final Method<RemoveRequest, RemoveResponse> REMOVE =
            Method.unary(
                    SERVICE,
                    "Remove",
                    RemoveRequest.getDefaultInstance(),
                    RemoveResponse.getDefaultInstance());

    private FilesystemMethods() {}
}
