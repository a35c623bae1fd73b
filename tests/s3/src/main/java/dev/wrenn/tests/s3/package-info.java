/// A real server of the S3 API for tests of whatever keeps objects in one; never part of the
/// program.
///
/// Start with [dev.wrenn.tests.s3.S3Server].
@NullMarked
package dev.wrenn.tests.s3;

import org.jspecify.annotations.NullMarked;
