package dev.wrenn.host.capsule;

import dev.wrenn.host.guest.GuestClient;

/// Whether one can talk to a capsule's guest.
public sealed interface Access {
    /// One can. The capsule counts as active until this is closed, and whenever it is touched
    /// later.
    final class Granted implements Access, AutoCloseable {
        private final GuestClient guest;
        private final Activity activity;

        Granted(GuestClient guest, Activity activity) {
            this.guest = guest;
            this.activity = activity;
            activity.begin();
        }

        /// The guest's client; shared, not to be closed.
        public GuestClient guest() {
            return guest;
        }

        /// Something was done just now; for uses that are only such while data flows.
        public void touch() {
            activity.touch();
        }

        @Override
        public void close() {
            activity.end();
        }
    }

    /// There is no running guest.
    record NotRunning(Phase phase) implements Access {}

    /// There is no such capsule.
    record Unknown() implements Access {}
}
