package dev.wrenn.host.guest;

import dev.wrenn.contracts.process.PTY;

/// Columns and rows of a terminal; zero is the usual one, 80 or 24.
public record TerminalSize(int cols, int rows) {
    PTY wire() {
        return PTY.newBuilder().setSize(PTY.Size.newBuilder().setCols(cols).setRows(rows)).build();
    }
}
