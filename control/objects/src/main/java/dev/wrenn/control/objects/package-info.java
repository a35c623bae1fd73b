/// Object stores behind the port of the domain: where images of capsules outlive their hosts. One
/// keeps objects as files, one in a bucket of any store that speaks the S3 API; both pass the same
/// tests. Nothing else of the program knows the AWS SDK.
///
/// Start with [dev.wrenn.control.domain.images.ObjectStore], which says what a store does.
@NullMarked
package dev.wrenn.control.objects;

import org.jspecify.annotations.NullMarked;
