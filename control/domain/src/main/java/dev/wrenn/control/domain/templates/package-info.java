/// Templates: what a capsule boots from. A team sees its own and those of the platform team.
@NullMarked
package dev.wrenn.control.domain.templates;

import org.jspecify.annotations.NullMarked;
