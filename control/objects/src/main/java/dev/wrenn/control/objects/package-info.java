/// Object stores behind the port of the domain: where images of capsules outlive their hosts.
///
/// Start with [dev.wrenn.control.domain.images.ObjectStore], which says what a store does.
@NullMarked
package dev.wrenn.control.objects;

import org.jspecify.annotations.NullMarked;
