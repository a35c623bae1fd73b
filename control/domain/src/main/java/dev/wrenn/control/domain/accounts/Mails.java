package dev.wrenn.control.domain.accounts;

import java.net.URI;

/// The mails, in words.
record Mails(URI site) {
    Mail activation(String to, String name, String token) {
        return new Mail(
                to,
                "Activate your Wrenn account",
                """
                Hello %s,

                open this address within 30 minutes to activate your account:

                %s/activate?token=%s

                If you did not sign up, do nothing.
                """
                        .formatted(name, site, token));
    }

    /// To the owner of an address that somebody signs up with again.
    Mail alreadyThere(Account account) {
        return new Mail(
                account.email(),
                "Your Wrenn account",
                """
                Hello %s,

                somebody, perhaps you, has tried to sign up with this address. You have an account
                already: sign in, or set a new password at %s

                If it was not you, do nothing.
                """
                        .formatted(account.name(), site));
    }

    Mail reset(Account account, String token) {
        return new Mail(
                account.email(),
                "Set a new Wrenn password",
                """
                Hello %s,

                open this address within 15 minutes to set a new password:

                %s/reset-password?token=%s

                If you did not ask for it, do nothing: your password stays as it is.
                """
                        .formatted(account.name(), site, token));
    }

    Mail deleted(Account account) {
        return new Mail(
                account.email(),
                "Your Wrenn account is deleted",
                """
                Hello %s,

                your account is deleted. What is left of it is removed in 15 days.
                """
                        .formatted(account.name()));
    }

    Mail teamCreated(String to, String team) {
        return new Mail(
                to,
                "Your new Wrenn team",
                """
                Hello,

                the team "%s" is there, and you own it: %s
                """
                        .formatted(team, site));
    }

    Mail addedToTeam(String to, String team) {
        return new Mail(
                to,
                "You were added to a Wrenn team",
                """
                Hello,

                you are a member of the team "%s" now: %s
                """
                        .formatted(team, site));
    }

    Mail purged(String email) {
        return new Mail(
                email,
                "Your Wrenn account is removed",
                """
                Hello,

                the rest of your deleted account has been removed.
                """);
    }
}
