/// Images that outlive their hosts: what a host has saved of a paused capsule, or as a template, is
/// copied to an object store, and from there to the host where the capsule goes on when its own is
/// gone, or where one is made of the template. Every byte passes through the control plane, which
/// asks a host only for what it has itself put there, and gives a host only what it has placed on
/// it: no host can name what belongs to somebody else.
///
/// Start with [dev.wrenn.control.domain.images.Publisher], then
/// [dev.wrenn.control.domain.images.ImageTransfers].
@NullMarked
package dev.wrenn.control.domain.images;

import org.jspecify.annotations.NullMarked;
