/// Wrenn end to end, as its users meet it: the launcher `./wrenn`, the public API, and what the
/// machine's kernel says. No class of the product is used here.
///
/// All classes share one [dev.wrenn.tests.system.Installation] in a temporary directory; it is
/// taken down at the end, and what is then left of it fails the run. Needs root.
@NullMarked
package dev.wrenn.tests.system;

import org.jspecify.annotations.NullMarked;
