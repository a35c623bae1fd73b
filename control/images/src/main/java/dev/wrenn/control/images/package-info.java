/// Images of containers: OCI image layouts and what `docker save` writes, read from an archive, and
/// flattened to one tar of a whole root file system. All of it is input from strangers: every blob
/// is checked against its digest, everything is bounded, and what lies on this machine meanwhile
/// has names of our own making.
///
/// Start with [dev.wrenn.control.images.ImageFile].
@NullMarked
package dev.wrenn.control.images;

import org.jspecify.annotations.NullMarked;
