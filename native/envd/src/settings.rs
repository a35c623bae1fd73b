//! What `/init` set: token, default user and folder, default variables, ids.

use std::collections::BTreeMap;

/// The secret of the capsule. Never shown, compared in constant time.
#[derive(Clone)]
pub struct Token(Vec<u8>);

impl Token {
    /// A token; `None` for the empty text, which would let everybody in.
    pub fn new(text: &str) -> Option<Token> {
        (!text.is_empty()).then(|| Token(text.as_bytes().to_vec()))
    }

    /// Whether `given` is this token. Takes the same time for all texts of one length; the length
    /// itself is no secret.
    pub fn is(&self, given: &[u8]) -> bool {
        let difference = self
            .0
            .iter()
            .zip(given)
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        self.0.len() == given.len() && std::hint::black_box(difference) == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The settings of a capsule.
#[derive(Debug, Default)]
pub struct Settings {
    /// `None` until the first `/init` with one: then nothing but `/health` and `/init` is answered.
    pub token: Option<Token>,
    /// User of processes whose caller names none; otherwise `root`.
    pub default_user: Option<String>,
    /// Working folder of processes whose caller names none; otherwise the home of the user.
    pub default_workdir: Option<String>,
    /// Variables of every process.
    pub envs: BTreeMap<String, String>,
    /// Id of this capsule.
    pub sandbox_id: Option<String>,
    /// Id of the template that it was made from.
    pub template_id: Option<String>,
    /// How often `/init` was accepted: each restore is followed by one.
    pub inits: u64,
}

impl Settings {
    /// Whether `given` opens the routes that need the token.
    pub fn admits(&self, given: Option<&[u8]>) -> bool {
        match (&self.token, given) {
            (Some(token), Some(given)) => token.is(given),
            _ => false,
        }
    }

    /// The variables that say which capsule this is.
    pub fn identity_envs(&self) -> Vec<(&'static str, String)> {
        let mut envs = vec![("WRENN_SANDBOX", "true".to_owned())];
        let ids = [
            ("WRENN_SANDBOX_ID", &self.sandbox_id),
            ("WRENN_TEMPLATE_ID", &self.template_id),
        ];
        for (name, id) in ids {
            envs.extend(id.clone().map(|id| (name, id)));
        }
        envs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_admitted_without_a_token() {
        let mut settings = Settings::default();
        assert!(!settings.admits(None));
        assert!(!settings.admits(Some(b"")));
        settings.token = Token::new("secret");
        assert!(settings.admits(Some(b"secret")));
        assert!(!settings.admits(None));
        assert!(!settings.admits(Some(b"")));
    }

    #[test]
    fn tokens_are_not_shown_and_not_empty() {
        assert_eq!(format!("{:?}", Token::new("secret")), "Some(***)");
        assert!(Token::new("").is_none());
    }

    proptest! {
        #[test]
        fn a_token_is_itself_only(a in "\\PC{1,40}", b in "\\PC{0,40}") {
            let token = Token::new(&a).unwrap();
            prop_assert!(token.is(a.as_bytes()));
            prop_assert_eq!(token.is(b.as_bytes()), a == b);
        }
    }
}
