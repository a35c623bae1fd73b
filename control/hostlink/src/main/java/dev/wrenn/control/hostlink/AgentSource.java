package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Download;
import dev.wrenn.control.domain.hosts.FileSource;
import java.util.OptionalLong;

/// Bytes from a host.
record AgentSource(Download body) implements FileSource {
    @Override
    public OptionalLong length() {
        return body.length();
    }

    @Override
    public int read(byte[] target) {
        try {
            return body.read(target, 0, target.length);
        } catch (ConnectException e) {
            throw AgentFiles.failure(e);
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
