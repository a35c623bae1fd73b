package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.network.CapsuleNetwork;
import dev.wrenn.control.domain.network.NetworkStore;
import java.util.List;
import java.util.Optional;

/// Nobody has a policy.
final class FakeNetworkStore implements NetworkStore {
    @Override
    public Optional<EgressPolicy> ofTeam(TeamId team) {
        return Optional.empty();
    }

    @Override
    public Optional<CapsuleNetwork> ofCapsule(TeamId team, CapsuleId id) {
        return Optional.empty();
    }

    @Override
    public Egress egress(CapsuleId id) {
        return Egress.OPEN;
    }

    @Override
    public boolean setTeam(TeamId team, EgressPolicy policy, Actor by) {
        return false;
    }

    @Override
    public boolean setCapsule(TeamId team, CapsuleId id, EgressPolicy policy, Actor by) {
        return false;
    }

    @Override
    public List<CapsuleNetwork> untold(int limit) {
        return List.of();
    }

    @Override
    public List<CapsuleNetwork> untold(TeamId team, int limit) {
        return List.of();
    }

    @Override
    public void told(CapsuleId id, long revision) {}

    @Override
    public void denied(CapsuleId id, long incarnation, long packets, List<String> flows) {}
}
