package dev.wrenn.control.domain.audit;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.AuditEntry.Kind;
import dev.wrenn.control.domain.audit.AuditEntry.Tone;
import dev.wrenn.control.domain.audit.AuditEntry.Visible;
import java.util.Map;
import java.util.Optional;

/// Every event of the audit trail, in one place.
public final class Audit {
    private static final String SANDBOX = "sandbox";
    private static final String SNAPSHOT = "snapshot";
    private static final String BUILD = "build";
    private static final String TEAM = "team";
    private static final String API_KEY = "api_key";
    private static final String MEMBER = "member";
    private static final String USER = "user";

    /// The only type that clean-up at an account's end has to know of.
    public static final String ABOUT_MEMBERS = MEMBER;

    private Audit() {}

    public static AuditEntry capsule(
            TeamId team,
            Actor actor,
            String action,
            CapsuleId id,
            Tone tone,
            Map<String, String> metadata) {
        return entry(team, actor, SANDBOX, action, id.toString(), Visible.TEAM, tone, metadata);
    }

    /// `policy` is told as a whole: what a capsule could reach at a moment is a matter of record.
    public static AuditEntry capsuleNetwork(
            TeamId team, Actor actor, CapsuleId id, EgressPolicy policy) {
        return capsule(team, actor, "network_change", id, Tone.INFO, policy(policy));
    }

    /// The same for all capsules of a team.
    public static AuditEntry teamNetwork(TeamId team, Actor actor, EgressPolicy policy) {
        return entry(
                team,
                actor,
                TEAM,
                "network_change",
                team.toString(),
                Visible.TEAM,
                Tone.INFO,
                policy(policy));
    }

    private static Map<String, String> policy(EgressPolicy policy) {
        var rules = policy.rules().stream().map(EgressRule::toString).toList();
        return Map.of(
                "default", policy.allowByDefault() ? "allow" : "deny",
                "rules", String.join("; ", rules),
                "bandwidth_mbit", Integer.toString(policy.megabits()),
                "max_connections", Integer.toString(policy.connections()));
    }

    /// A capsule tried to go where it may not.
    ///
    /// @param flows samples: `tcp 10.0.0.1 22`
    public static AuditEntry denied(
            TeamId team, CapsuleId id, long packets, java.util.List<String> flows) {
        return capsule(
                team,
                Actor.SYSTEM,
                "network_denied",
                id,
                Tone.WARNING,
                Map.of("packets", Long.toString(packets), "flows", String.join("; ", flows)));
    }

    public static AuditEntry snapshotCreated(TeamId team, Actor actor, String name) {
        return entry(team, actor, SNAPSHOT, "create", name, Visible.TEAM, Tone.SUCCESS, Map.of());
    }

    /// `id` is that of the build.
    public static AuditEntry buildCreated(TeamId team, Actor actor, String id, String name) {
        return entry(
                team,
                actor,
                BUILD,
                "create",
                id,
                Visible.ADMIN,
                Tone.SUCCESS,
                Map.of("name", name));
    }

    public static AuditEntry buildCancelled(TeamId team, Actor actor, String id) {
        return entry(team, actor, BUILD, "cancel", id, Visible.ADMIN, Tone.WARNING, Map.of());
    }

    public static AuditEntry snapshotDeleted(TeamId team, Actor actor, String name) {
        return entry(team, actor, SNAPSHOT, "delete", name, Visible.TEAM, Tone.WARNING, Map.of());
    }

    public static AuditEntry teamCreated(TeamId team, Actor actor, String name) {
        return entry(
                team,
                actor,
                TEAM,
                "create",
                team.toString(),
                Visible.TEAM,
                Tone.SUCCESS,
                Map.of("name", name));
    }

    public static AuditEntry teamRenamed(TeamId team, Actor actor, String before, String after) {
        return entry(
                team,
                actor,
                TEAM,
                "rename",
                team.toString(),
                Visible.TEAM,
                Tone.INFO,
                Map.of("old_name", before, "new_name", after));
    }

    public static AuditEntry teamDeleted(TeamId team, Actor actor, String name) {
        return entry(
                team,
                actor,
                TEAM,
                "delete",
                team.toString(),
                Visible.TEAM,
                Tone.WARNING,
                Map.of("name", name));
    }

    public static AuditEntry keyCreated(
            TeamId team, Actor actor, ApiKeyId key, String name, String scope) {
        return entry(
                team,
                actor,
                API_KEY,
                "create",
                key.toString(),
                Visible.TEAM,
                Tone.SUCCESS,
                Map.of("name", name, "scope", scope));
    }

    public static AuditEntry keyRevoked(TeamId team, Actor actor, ApiKeyId key, String name) {
        return entry(
                team,
                actor,
                API_KEY,
                "revoke",
                key.toString(),
                Visible.TEAM,
                Tone.WARNING,
                Map.of("name", name));
    }

    public static AuditEntry memberAdded(
            TeamId team, Actor actor, UserId user, String email, String role) {
        return entry(
                team,
                actor,
                MEMBER,
                "add",
                user.toString(),
                Visible.ADMIN,
                Tone.SUCCESS,
                Map.of("email", email, "role", role));
    }

    public static AuditEntry memberRemoved(TeamId team, Actor actor, UserId user) {
        return entry(
                team,
                actor,
                MEMBER,
                "remove",
                user.toString(),
                Visible.ADMIN,
                Tone.WARNING,
                Map.of());
    }

    public static AuditEntry memberLeft(TeamId team, Actor actor, UserId user) {
        return entry(
                team, actor, MEMBER, "leave", user.toString(), Visible.ADMIN, Tone.INFO, Map.of());
    }

    public static AuditEntry roleChanged(TeamId team, Actor actor, UserId user, String role) {
        return entry(
                team,
                actor,
                MEMBER,
                "role_update",
                user.toString(),
                Visible.ADMIN,
                Tone.INFO,
                Map.of("new_role", role));
    }

    /// What somebody did with the own account; in the trail of a team that the user is in, or of
    /// the platform.
    public static AuditEntry account(
            TeamId team, Actor actor, String action, UserId user, Tone tone) {
        return entry(team, actor, USER, action, user.toString(), Visible.ADMIN, tone, Map.of());
    }

    public static AuditEntry channel(
            TeamId team,
            Actor actor,
            String action,
            ChannelId id,
            Tone tone,
            Map<String, String> metadata) {
        return entry(team, actor, "channel", action, id.toString(), Visible.TEAM, tone, metadata);
    }

    /// What an administrator of the platform did; in the trail of the platform.
    public static AuditEntry platform(
            Actor actor,
            String type,
            String action,
            String id,
            Tone tone,
            Map<String, String> metadata) {
        return entry(TeamId.PLATFORM, actor, type, action, id, Visible.ADMIN, tone, metadata);
    }

    /// An attempt to end something that was refused.
    public static AuditEntry refused(
            TeamId team, Actor actor, Kind kind, Optional<String> id, String code) {
        return new AuditEntry(
                team, actor, kind, id, Visible.ADMIN, Tone.ERROR, Map.of("refused", code));
    }

    private static AuditEntry entry(
            TeamId team,
            Actor actor,
            String type,
            String action,
            String id,
            Visible visible,
            Tone tone,
            Map<String, String> metadata) {
        return new AuditEntry(
                team, actor, new Kind(type, action), Optional.of(id), visible, tone, metadata);
    }
}
