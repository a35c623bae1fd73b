/// Templates built from recipes. A recipe is parsed when it is submitted ([Recipe]); the row of the
/// build is the truth about it, and exactly one worker of all replicas holds its lease
/// ([BuildStore]); [BuildRun] carries it out in a capsule of its own. Start at [Builds].
@NullMarked
package dev.wrenn.control.domain.builds;

import org.jspecify.annotations.NullMarked;
