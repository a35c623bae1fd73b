package dev.wrenn.control.hostlink;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Upload;
import dev.wrenn.contracts.hostagent.v1.UnpackedArchive;
import dev.wrenn.control.domain.hosts.FileSink;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.TransferException;
import dev.wrenn.control.domain.hosts.Unpacked;

/// Bytes to a host.
record AgentSink(Upload body) implements FileSink {
    @Override
    public void write(byte[] bytes, int offset, int count) {
        try {
            body.write(bytes, offset, count);
        } catch (ConnectException e) {
            throw AgentFiles.failure(e);
        }
    }

    @Override
    public Unpacked finish() {
        try {
            var done = UnpackedArchive.parseFrom(body.finish());
            return new Unpacked(
                    done.getFiles(), done.getFolders(), done.getLinks(), done.getBytes());
        } catch (ConnectException e) {
            throw AgentFiles.failure(e);
        } catch (InvalidProtocolBufferException e) {
            throw new TransferException(HostFault.INTERNAL, "the host's answer is malformed", e);
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
