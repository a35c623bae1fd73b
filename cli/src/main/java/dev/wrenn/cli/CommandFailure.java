package dev.wrenn.cli;

/// A command did not work; the message is the one sentence the user reads. Never a bug report:
/// those are other exceptions.
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// It did not work.
    public static final int FAILED = 1;

    /// `exec` could not run the command; its own code is anything else.
    public static final int NOT_RUN = 125;

    private final int exitCode;

    public CommandFailure(String message) {
        this(message, FAILED, null);
    }

    public CommandFailure(String message, Throwable cause) {
        this(message, FAILED, cause);
    }

    private CommandFailure(
            String message, int exitCode, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /// 1..255.
    public int exitCode() {
        return exitCode;
    }

    /// The same failure with another exit code.
    public CommandFailure as(int otherCode) {
        return new CommandFailure(String.valueOf(getMessage()), otherCode, this);
    }
}
