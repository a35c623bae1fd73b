package dev.wrenn.control.server;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.api.ApiServer;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.ports.PortCache;
import dev.wrenn.control.store.Notices;
import java.util.Optional;

/// What this control plane does about changes that any of them made.
record Followed(Authenticator authenticator, ApiServer api, PortCache ports, Capsules capsules)
        implements Notices.Listener {
    @Override
    public void rights(Optional<UserId> whose) {
        authenticator.forgetKeys();
        api.rightsChanged(whose);
    }

    @Override
    public void capsule(CapsuleId id) {
        ports.changed(id);
        capsules.changed(id);
    }

    @Override
    public void hears(boolean now) {
        ports.hears(now);
        capsules.hears(now);
    }
}
