package dev.wrenn.common.model;

import java.util.UUID;

/// A template's id. Clients name templates by name; between control plane and hosts the id travels
/// as hyphenated UUID, in paths on a host as base 36.
public record TemplateId(UUID value) implements WireId {
    /// The built-in `minimal` template of the platform team.
    public static final TemplateId MINIMAL = new TemplateId(ZERO);

    /// A new random id (version 4).
    public static TemplateId random() {
        return new TemplateId(UUID.randomUUID());
    }

    /// Reads the hyphenated form, strictly.
    ///
    /// @throws InvalidIdException when the text is anything else
    public static TemplateId parse(String text) {
        try {
            var value = UUID.fromString(text);
            if (value.toString().equals(text)) return new TemplateId(value);
        } catch (IllegalArgumentException e) {
            // falls through: the answer is the same as for a non-canonical form
        }
        throw new InvalidIdException("template");
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
