package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;

/// The head of a stream, up to a limit. Not thread-safe.
final class Output {
    private final int limit;
    private ByteString kept = ByteString.EMPTY; // a rope: appending does not copy
    private boolean truncated;

    Output(int limit) {
        this.limit = limit;
    }

    void add(ByteString data) {
        int room = limit - kept.size();
        if (data.size() > room) truncated = true;
        if (room > 0) kept = kept.concat(data.substring(0, Math.min(room, data.size())));
    }

    ByteString bytes() {
        return kept;
    }

    boolean truncated() {
        return truncated;
    }
}
