package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.EnumSet;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;

/// The terminal of this process in raw mode, as cfmakeraw(3) has it.
final class RawTerminal implements LocalTerminal {
    private final Terminal terminal;
    private final Attributes before;
    private final Thread restore;
    private volatile boolean closed;

    private RawTerminal(Terminal terminal) {
        this.terminal = terminal;
        this.before = terminal.getAttributes();
        this.restore = new Thread(this::restore, "restore-terminal");
        Runtime.getRuntime().addShutdownHook(restore); // a signal that ends this process
        terminal.setAttributes(raw(before));
    }

    /// @throws CommandFailure when there is no terminal
    static RawTerminal open() {
        if (System.console() == null || !System.console().isTerminal())
            throw new CommandFailure("shell needs a terminal; use exec for a command without one");
        try {
            return new RawTerminal(TerminalBuilder.builder().system(true).dumb(false).build());
        } catch (IOException | IllegalStateException e) {
            throw new CommandFailure("the terminal cannot be used: " + e.getMessage(), e);
        }
    }

    private static Attributes raw(Attributes before) {
        var raw = new Attributes(before);
        raw.setInputFlags(
                EnumSet.of(
                        InputFlag.IGNBRK,
                        InputFlag.BRKINT,
                        InputFlag.PARMRK,
                        InputFlag.ISTRIP,
                        InputFlag.INLCR,
                        InputFlag.IGNCR,
                        InputFlag.ICRNL,
                        InputFlag.IXON),
                false);
        raw.setOutputFlag(OutputFlag.OPOST, false);
        raw.setLocalFlags(
                EnumSet.of(
                        LocalFlag.ECHO,
                        LocalFlag.ECHONL,
                        LocalFlag.ICANON,
                        LocalFlag.ISIG,
                        LocalFlag.IEXTEN),
                false);
        raw.setControlChar(ControlChar.VMIN, 1);
        raw.setControlChar(ControlChar.VTIME, 0);
        return raw;
    }

    private void restore() {
        if (!closed) terminal.setAttributes(before);
    }

    @Override
    public Dimensions dimensions() {
        var size = terminal.getSize();
        return size.getColumns() > 0 && size.getRows() > 0
                ? new Dimensions(size.getColumns(), size.getRows())
                : new Dimensions(80, 24);
    }

    /// Not the library's own: closing that waits for the next key.
    @Override
    public InputStream input() {
        return new FileInputStream(FileDescriptor.in);
    }

    @Override
    public OutputStream output() {
        return terminal.output();
    }

    @Override
    public void onResize(Runnable resized) {
        terminal.handle(Signal.WINCH, _ -> resized.run());
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) return;
        terminal.setAttributes(before);
        closed = true;
        terminal.close();
        try {
            Runtime.getRuntime().removeShutdownHook(restore);
        } catch (IllegalStateException e) {
            // the process is ending, and the hook has nothing left to do
        }
    }
}
