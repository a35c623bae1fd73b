/// Makes rows and hosts agree. A pure decision from row and host's word, and the loop that carries
/// it out; recovery after any crash is this same path.
@NullMarked
package dev.wrenn.control.domain.reconcile;

import org.jspecify.annotations.NullMarked;
