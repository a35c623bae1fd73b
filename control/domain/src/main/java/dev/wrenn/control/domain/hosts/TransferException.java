package dev.wrenn.control.domain.hosts;

/// A transfer that did not begin, or broke off. The message may be shown to the caller.
public final class TransferException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final HostFault fault;

    public TransferException(HostFault fault, String message, Throwable cause) {
        super(message, cause);
        this.fault = fault;
    }

    public TransferException(HostFault fault, String message) {
        super(message);
        this.fault = fault;
    }

    /// What kind of failure it is.
    public HostFault fault() {
        return fault;
    }
}
