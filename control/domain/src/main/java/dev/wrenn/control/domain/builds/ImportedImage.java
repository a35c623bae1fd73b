package dev.wrenn.control.domain.builds;

import dev.wrenn.control.domain.templates.GuestDefaults;

/// An image of containers that becomes a template.
///
/// @param source by which people know it
/// @param remote whether it is in a registry, and `source` its name there; else it was sent
/// @param digest `sha256:` and 64 hex digits: that of its manifest, or of its configuration where
///   there is none; empty until it was fetched
/// @param defaults what it says of its programs
public record ImportedImage(String source, boolean remote, String digest, GuestDefaults defaults) {
    /// One that is still in its registry.
    public static ImportedImage in(String reference) {
        return new ImportedImage(reference, true, "", GuestDefaults.NONE);
    }
}
