package dev.wrenn.control.domain.templates;

import java.util.Map;

/// Who a capsule's programs are and what they find in their environment, when nothing else is said.
///
/// @param user empty: `root`
public record GuestDefaults(String user, Map<String, String> env) {
    /// Those of a template that says nothing.
    public static final GuestDefaults NONE = new GuestDefaults("", Map.of());

    public GuestDefaults {
        env = Map.copyOf(env);
    }
}
