/// What this machine has and lacks: each prerequisite is ok, or not with a way to fix it.
@NullMarked
package dev.wrenn.cli.doctor;

import org.jspecify.annotations.NullMarked;
