/// The private certificate authority of an instance and the two certificates it issues: with them
/// control plane and host agent know each other over mutual TLS.
@NullMarked
package dev.wrenn.cli.pki;

import org.jspecify.annotations.NullMarked;
