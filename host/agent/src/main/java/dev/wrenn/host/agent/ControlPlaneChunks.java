package dev.wrenn.host.agent;

import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.ChunkSource;
import java.io.IOException;

/// Templates that the control plane gives to this host, asked for with what the host proves itself
/// with. Thread-safe.
final class ControlPlaneChunks implements ChunkSource {
    private final Membership membership;

    ControlPlaneChunks(Membership membership) {
        this.membership = membership;
    }

    @Override
    public byte[] outline(TemplateId template) throws IOException, InterruptedException {
        return get(template.value() + "/outline");
    }

    @Override
    public byte[] chunk(TemplateId template, String sha256)
            throws IOException, InterruptedException {
        return get(template.value() + "/chunks/" + sha256);
    }

    /// A token that is about to be renewed is no reason to give up.
    private byte[] get(String path) throws IOException, InterruptedException {
        return switch (membership.get("/templates/" + path)) {
            case ControlPlane.Bytes.Done(var bytes) -> bytes;
            case ControlPlane.Bytes.Refused(var status) when status == 403 || status == 404 ->
                    throw new GoneException("the control plane does not give the template");
            case ControlPlane.Bytes.Refused(var status) ->
                    throw new IOException("the control plane answers " + status);
            case ControlPlane.Bytes.Lost(var why) -> throw new IOException(why);
        };
    }
}
