package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.guest.GuestIdentity;
import java.util.HexFormat;
import java.util.Map;

/// Who a guest is told to be.
final class Identity {
    private static final String HOSTNAME = "capsule"; // spec of the guest image

    private Identity() {}

    static GuestIdentity of(Capsule capsule) {
        var request = capsule.record().request();
        return new GuestIdentity(
                capsule.id.toString(),
                request.template().toString(),
                request.user(),
                request.env(),
                request.directory(),
                HOSTNAME,
                machineId(capsule.id),
                capsule.house.config().dns());
    }

    /// Who a guest is that waits for a capsule.
    static GuestIdentity passing(House house, CapsuleId id, TemplateId template) {
        return new GuestIdentity(
                id.toString(),
                template.toString(),
                "root",
                Map.of(),
                "",
                HOSTNAME,
                machineId(id),
                house.config().dns());
    }

    /// machine-id(5): 32 hex digits; the capsule's own UUID is as unique as one can be.
    private static String machineId(CapsuleId id) {
        var hex = HexFormat.of();
        return hex.toHexDigits(id.value().getMostSignificantBits())
                + hex.toHexDigits(id.value().getLeastSignificantBits());
    }
}
