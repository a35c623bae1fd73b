//! `POST /init`: the host tells the capsule who and when it is. Once after boot, again after each
//! restore from a snapshot.
//!
//! Allowed while no token is set, with the current token in the header `X-Access-Token`, or with
//! the current token in the body; with the header, a token in the body becomes the new one.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use thiserror::Error;

use crate::agent::{Agent, Role};
use crate::guest::{GuestError, clock, entropy, identity};
use crate::settings::{Settings, Token};
use crate::sync::lock;

/// Least bytes of randomness: what the kernel's generator is keyed with.
const ENTROPY_MIN: usize = 32;

/// Why `/init` was refused.
#[derive(Debug, Error)]
pub enum InitError {
    /// Another token is set.
    #[error("unauthorized")]
    Unauthorized,
    /// The body makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The system refused.
    #[error(transparent)]
    Guest(#[from] GuestError),
}

/// The body; every part is optional, unknown ones are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    access_token: Option<String>,
    default_user: Option<String>,
    default_workdir: Option<String>,
    env_vars: Option<BTreeMap<String, String>>,
    hostname: Option<String>,
    sandbox_id: Option<String>,
    template_id: Option<String>,
    timestamp: Option<String>,
    entropy: Option<String>,
    machine_id: Option<String>,
    dns_servers: Option<Vec<Ipv4Addr>>,
}

/// Applies a body to the agent and, in a capsule, to its system. `given` is the token of the
/// header. Nothing is applied of a body that is refused.
pub fn apply(agent: &Agent, given: Option<&[u8]>, body: &[u8]) -> Result<(), InitError> {
    let body: Body = match body.is_empty() {
        true => Body::default(),
        false => serde_json::from_slice(body).map_err(|e| InitError::Invalid(e.to_string()))?,
    };
    authorize(&lock(&agent.settings), given, body.access_token.as_deref())?;
    let checked = Checked::of(&body)?;
    if agent.role == Role::Guest {
        tell_system(&body, &checked)?;
    }
    merge(&mut lock(&agent.settings), body);
    agent.initialized.notify_one();
    Ok(())
}

fn authorize(
    settings: &Settings,
    header: Option<&[u8]>,
    body: Option<&str>,
) -> Result<(), InitError> {
    let open = settings.token.is_none();
    match open || settings.admits(header) || settings.admits(body.map(str::as_bytes)) {
        true => Ok(()),
        false => Err(InitError::Unauthorized),
    }
}

/// Parts that have a form.
struct Checked {
    time: Option<SystemTime>,
    entropy: Option<Vec<u8>>,
}

impl Checked {
    fn of(body: &Body) -> Result<Checked, InitError> {
        let invalid = |what: &str| InitError::Invalid(format!("{what} is not valid"));
        let time = match &body.timestamp {
            Some(text) => Some(clock::parse(text).ok_or_else(|| invalid("timestamp"))?),
            None => None,
        };
        let entropy = match &body.entropy {
            Some(text) => {
                let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
                let enough = (ENTROPY_MIN..=entropy::MAX).contains(&bytes.len());
                Some(enough.then_some(bytes).ok_or_else(|| invalid("entropy"))?)
            }
            None => None,
        };
        let machine = body.machine_id.as_deref();
        if !machine.is_none_or(identity::is_machine_id) {
            return Err(invalid("machineId"));
        }
        if !body.hostname.as_deref().is_none_or(identity::is_hostname) {
            return Err(invalid("hostname"));
        }
        let bad_name = |name: &String| name.is_empty() || name.contains(['=', '\0']);
        let mut names = body.env_vars.iter().flat_map(BTreeMap::keys);
        if names.any(bad_name) {
            return Err(invalid("envVars"));
        }
        if body.access_token.as_deref() == Some("") {
            return Err(invalid("accessToken"));
        }
        Ok(Checked { time, entropy })
    }
}

/// Randomness and time first: what follows may already use them.
fn tell_system(body: &Body, checked: &Checked) -> Result<(), GuestError> {
    let root = Path::new("/");
    if let Some(bytes) = &checked.entropy {
        entropy::add(bytes)?;
    }
    if let Some(time) = checked.time {
        clock::correct(time)?;
    }
    if let Some(name) = &body.hostname {
        identity::set_hostname(root, name)?;
    }
    if let Some(id) = &body.machine_id {
        identity::write_machine_id(root, id)?;
    }
    if let Some(servers) = &body.dns_servers {
        identity::write_name_servers(root, servers)?;
    }
    identity::write_ids(
        root,
        body.sandbox_id.as_deref(),
        body.template_id.as_deref(),
    )
}

/// Variables are merged, all else is replaced by what the body has.
fn merge(settings: &mut Settings, body: Body) {
    fn replace<T>(old: &mut Option<T>, new: Option<T>) {
        if new.is_some() {
            *old = new;
        }
    }
    let nonempty = |text: &String| !text.is_empty();
    replace(
        &mut settings.token,
        body.access_token.as_deref().and_then(Token::new),
    );
    replace(
        &mut settings.default_user,
        body.default_user.filter(nonempty),
    );
    replace(
        &mut settings.default_workdir,
        body.default_workdir.filter(nonempty),
    );
    replace(&mut settings.sandbox_id, body.sandbox_id);
    replace(&mut settings.template_id, body.template_id);
    settings.envs.extend(body.env_vars.unwrap_or_default());
    settings.inits += 1;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn call(agent: &Agent, header: Option<&str>, body: serde_json::Value) -> Result<(), InitError> {
        apply(
            agent,
            header.map(str::as_bytes),
            body.to_string().as_bytes(),
        )
    }

    #[test]
    fn the_first_call_sets_the_token_and_later_ones_need_it() {
        let agent = Agent::new(Role::Plain);
        call(&agent, None, json!({"accessToken": "one"})).unwrap();
        for (header, body) in [
            (None, json!({})),
            (Some("two"), json!({"accessToken": "two"})),
            (None, json!({"accessToken": "two"})),
            (Some(""), json!({"accessToken": ""})),
        ] {
            let refused = call(&agent, header, body);
            assert!(matches!(refused, Err(InitError::Unauthorized)));
        }
        call(&agent, None, json!({"accessToken": "one"})).unwrap();
        call(&agent, Some("one"), json!({"accessToken": "two"})).unwrap();
        assert!(lock(&agent.settings).admits(Some(b"two")));
        assert!(!lock(&agent.settings).admits(Some(b"one")));
    }

    #[test]
    fn variables_are_merged_and_the_rest_is_kept() {
        let agent = Agent::new(Role::Plain);
        let first = json!({"envVars": {"A": "1", "B": "1"}, "defaultUser": "ada", "other": 1});
        call(&agent, None, first).unwrap();
        call(
            &agent,
            None,
            json!({"envVars": {"B": "2"}, "sandboxId": "cl-x"}),
        )
        .unwrap();
        let settings = lock(&agent.settings);
        assert_eq!(settings.envs["A"], "1");
        assert_eq!(settings.envs["B"], "2");
        assert_eq!(settings.default_user.as_deref(), Some("ada"));
        let identity = settings.identity_envs();
        assert!(identity.contains(&("WRENN_SANDBOX_ID", "cl-x".to_owned())));
    }

    #[test]
    fn a_refused_body_changes_nothing() {
        let agent = Agent::new(Role::Plain);
        for bad in [
            json!({"timestamp": "now"}),
            json!({"entropy": "c2hvcnQ="}),
            json!({"entropy": "%"}),
            json!({"machineId": "x"}),
            json!({"hostname": "a b"}),
            json!({"envVars": {"A=B": "1"}}),
            json!({"accessToken": ""}),
            json!({"dnsServers": ["x"]}),
            json!([]),
        ] {
            let mut body = bad.clone();
            if let Some(map) = body.as_object_mut() {
                map.insert("defaultUser".to_owned(), json!("eve"));
            }
            let refused = call(&agent, None, body);
            assert!(matches!(refused, Err(InitError::Invalid(_))), "{bad}");
        }
        assert!(lock(&agent.settings).default_user.is_none());
    }

    proptest! {
        #[test]
        fn any_body_is_read(body: Vec<u8>) {
            let _ = apply(&Agent::new(Role::Plain), None, &body);
        }
    }
}
