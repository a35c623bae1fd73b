/// What every process needs and no feature owns: ordered release of resources, deadlines, fan-out,
/// durable files, typed settings from the environment, JSON logs and metrics.
///
/// May depend on `common/model` only. Start with [dev.wrenn.common.runtime.Teardown] and
/// [dev.wrenn.common.runtime.Env].
@NullMarked
package dev.wrenn.common.runtime;

import org.jspecify.annotations.NullMarked;
