package dev.wrenn.control.domain.accounts;

import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.SessionTokens;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Signing in, signing up and linking by an account at another service. What a browser has to bring
/// back is signed, in its cookies; nothing is stored meanwhile. Thread-safe.
public final class OAuth {
    private static final Logger LOG = LoggerFactory.getLogger(OAuth.class);
    private static final int NONCE_BYTES = 16;
    private static final String LINK = "link";

    private final Map<String, OAuthProvider> providers;
    private final OAuthStore store;
    private final SignIn signIn;
    private final SessionTokens tokens;
    private final URI site;
    private final RandomGenerator random;

    /// @param site where browsers find this installation
    /// @param random cryptographically strong
    public OAuth(
            List<OAuthProvider> providers,
            OAuthStore store,
            SignIn signIn,
            SessionTokens tokens,
            URI site,
            RandomGenerator random) {
        this.providers =
                providers.stream()
                        .collect(Collectors.toUnmodifiableMap(OAuthProvider::name, p -> p));
        this.store = store;
        this.signIn = signIn;
        this.tokens = tokens;
        this.site = site;
        this.random = random;
    }

    /// Where a browser goes.
    ///
    /// @param state to be kept in a cookie
    /// @param link to be kept in another one; empty unless an account is to be linked
    public record Begun(URI url, String state, String link) {}

    public boolean knows(String provider) {
        return providers.containsKey(provider);
    }

    /// Begins signing in or up.
    public Begun begin(String provider, boolean signUp) {
        return begin(provider, signUp ? "signup" : "login", nonce(), "");
    }

    /// Begins linking the caller's account.
    public Begun beginLink(String provider, Principal caller) {
        var nonce = nonce();
        var user = caller.user().toString();
        return begin(provider, LINK, nonce, user + ":" + tokens.sign(linkText(nonce, user)));
    }

    private Begun begin(String provider, String intent, String nonce, String link) {
        var url = provider(provider).authorize(nonce, challenge(nonce), back(provider));
        var state = nonce + ":" + tokens.sign(nonce + ":" + intent) + ":" + intent;
        return new Begun(url, state, link);
    }

    private String nonce() {
        var bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static String linkText(String nonce, String user) {
        return LINK + ":" + nonce + ":" + user;
    }

    private OAuthProvider provider(String name) {
        var provider = providers.get(name);
        if (provider == null) throw new IllegalArgumentException("provider: not configured");
        return provider;
    }

    private URI back(String provider) {
        return URI.create(site + "/auth/oauth/" + provider + "/callback");
    }

    /// Never stored: whoever has the state's secret can make it again.
    private String verifier(String nonce) {
        return tokens.sign("pkce:" + nonce);
    }

    private String challenge(String nonce) {
        try {
            var sum =
                    MessageDigest.getInstance("SHA-256")
                            .digest(verifier(nonce).getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(sum);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java platform has it
        }
    }

    /// What came back with the browser.
    ///
    /// @param state of the address
    /// @param kept of the cookie
    /// @param link of the other cookie
    public record Answer(
            Optional<String> error,
            Optional<String> state,
            Optional<String> code,
            Optional<String> kept,
            Optional<String> link) {}

    /// How it ends.
    public sealed interface Ended {
        /// @param code that the browser trades for a session
        record Signed(String code, boolean fresh) implements Ended {}

        record Linked() implements Ended {}

        /// @param linking whether an account was to be linked
        /// @param code for the page
        record Failed(boolean linking, String code) implements Ended {}
    }

    public Ended finish(String provider, Answer answer) {
        var kept = answer.kept.orElse("").split(":", -1);
        boolean linking = kept.length == 3 && kept[2].equals(LINK);
        try {
            return finish(provider, answer, kept, linking);
        } catch (OAuthProvider.FailedException e) {
            LOG.atInfo().addKeyValue("provider", provider).log("not told: {}", e.getMessage());
            return new Ended.Failed(linking, "exchange_failed");
        } catch (StoreUnavailableException e) {
            return new Ended.Failed(linking, "db_error");
        }
    }

    private Ended finish(String provider, Answer answer, String[] kept, boolean linking) {
        if (kept.length != 3
                || !tokens.signed(kept[0] + ":" + kept[2], kept[1])
                || !same(kept[0], answer.state.orElse("")))
            return new Ended.Failed(linking, "invalid_state");
        if (answer.error.isPresent()) return new Ended.Failed(linking, "access_denied");
        if (answer.code.isEmpty()) return new Ended.Failed(linking, "missing_code");
        var user = linking ? linkedUser(kept[0], answer.link.orElse("")) : Optional.<UserId>empty();
        if (linking && user.isEmpty()) return new Ended.Failed(true, "invalid_state");
        var person =
                provider(provider).person(answer.code.get(), verifier(kept[0]), back(provider));
        if (user.isPresent())
            return store.link(user.get(), provider, person)
                    ? new Ended.Linked()
                    : new Ended.Failed(true, "already_linked");
        return signIn(provider, person, kept[2].equals("signup"));
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(
                one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private Optional<UserId> linkedUser(String nonce, String link) {
        var parts = link.split(":", -1);
        if (parts.length != 2 || !tokens.signed(linkText(nonce, parts[0]), parts[1]))
            return Optional.empty();
        try {
            return Optional.of(UserId.parse(parts[0]));
        } catch (InvalidIdException e) {
            return Optional.empty();
        }
    }

    private Ended signIn(String provider, OAuthProvider.Person person, boolean signUp) {
        var known = store.known(provider, person.id());
        if (known.isPresent())
            return known.get().active()
                    ? code(known.get(), false)
                    : new Ended.Failed(false, "account_deactivated");
        if (!signUp) return new Ended.Failed(false, "no_account");
        return store.signUp(provider, person)
                .map(account -> code(account, true))
                .orElseGet(() -> new Ended.Failed(false, "email_taken"));
    }

    private Ended code(Account account, boolean fresh) {
        var code = MailTokens.generate(random);
        store.code(account.id(), MailTokens.hash(code));
        return new Ended.Signed(code, fresh);
    }

    /// Trades a code for a session.
    ///
    /// @return empty for one that is not good
    public Optional<SignIn.Signed> exchange(String code) {
        if (!MailTokens.valid(code)) return Optional.empty();
        return store.use(MailTokens.hash(code)).map(signIn::begin);
    }

    public OAuthStore.Unlinked unlink(Principal by, String provider) {
        return store.unlink(by, provider);
    }

    /// The services that the caller signs in by.
    public List<String> of(Principal by) {
        return store.of(by.user());
    }
}
