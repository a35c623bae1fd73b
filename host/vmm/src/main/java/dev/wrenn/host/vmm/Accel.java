package dev.wrenn.host.vmm;

/// How guest instructions are executed.
///
/// @param kind hardware or emulation
/// @param reason in words, for `doctor`, logs and metadata
public record Accel(Kind kind, String reason) {
    /// `KVM` is hardware virtualization, `TCG` emulation by QEMU.
    public enum Kind {
        KVM,
        TCG;

        /// The word in settings and metadata: `kvm`, `tcg`.
        public String word() {
            return this == KVM ? "kvm" : "tcg";
        }
    }
}
