package dev.wrenn.control.domain.templates;

import java.util.List;
import java.util.Map;

/// Who a capsule's programs are, where they begin and what they find in their environment, when
/// nothing else is said; and what every capsule runs from its start.
///
/// @param user empty: `root`
/// @param directory empty: the user's home
/// @param entrypoint a program and its arguments; empty: none
public record GuestDefaults(
        String user, Map<String, String> env, String directory, List<String> entrypoint) {
    /// Those of a template that says nothing.
    public static final GuestDefaults NONE = new GuestDefaults("", Map.of());

    public GuestDefaults {
        env = Map.copyOf(env);
        entrypoint = List.copyOf(entrypoint);
    }

    /// Of a template that runs nothing by itself.
    public GuestDefaults(String user, Map<String, String> env) {
        this(user, env, "", List.of());
    }
}
