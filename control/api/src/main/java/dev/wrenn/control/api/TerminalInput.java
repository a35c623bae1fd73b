package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.TerminalSession;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.function.Consumer;

/// Brings what a client sends to its terminal, one after the other: nothing is dropped and nothing
/// passes anything else. Keystrokes that have come while the last ones were on their way go
/// together.
final class TerminalInput {
    private static final int JOINED = 64 << 10;

    private final Inbox inbox;
    private final TerminalSession terminal;
    private final String tag;
    private final Consumer<String> problem;
    private final Runnable killed;

    /// @param problem is told, in words, what could not be done
    /// @param killed is told that a kill was done
    TerminalInput(
            Inbox inbox,
            TerminalSession terminal,
            String tag,
            Consumer<String> problem,
            Runnable killed) {
        this.inbox = inbox;
        this.terminal = terminal;
        this.tag = tag;
        this.problem = problem;
        this.killed = killed;
    }

    /// Until nothing comes any more.
    void run() throws InterruptedException {
        for (var message = inbox.take(); message != null; message = inbox.take()) {
            try {
                switch (Entrance.type(message)) {
                    case "input" -> type(message);
                    case "resize" ->
                            check(
                                    terminal.resize(
                                            tag,
                                            CommandFields.size(message, "cols", 0),
                                            CommandFields.size(message, "rows", 0)));
                    case "kill" -> {
                        check(terminal.kill(tag));
                        killed.run();
                    }
                    default -> {} // whatever a newer client sends
                }
            } catch (ApiException e) {
                problem.accept(e.error().message());
            }
        }
    }

    private void type(Fields first) {
        var joined = new ByteArrayOutputStream();
        try {
            joined.writeBytes(bytes(first));
            while (joined.size() < JOINED) {
                var more = inbox.next(message -> Entrance.type(message).equals("input"));
                if (more == null) break;
                joined.writeBytes(bytes(more));
            }
        } catch (ApiException e) {
            problem.accept(e.error().message());
        }
        if (joined.size() > 0) check(terminal.input(tag, joined.toByteArray()));
    }

    private static byte[] bytes(Fields message) {
        try {
            return Base64.getDecoder().decode(message.text("data").orElse(""));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("data: expected base64");
        }
    }

    /// A program that has ended takes nothing any more; its end is told elsewhere.
    private void check(HostAnswer<Nothing> answer) {
        if (answer instanceof HostAnswer.Refused(var fault, var detail)
                && fault != HostFault.NOT_FOUND) problem.accept(detail);
    }
}
