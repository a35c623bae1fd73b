//! The published definition of the API, and whether a request is one of its.

use serde_json::{Map, Value};

const DEFINITION: &str = include_str!("../api.json");

/// The definition, read once.
pub struct Definition(Value);

impl Definition {
    /// Reads it.
    pub fn read() -> Result<Definition, serde_json::Error> {
        serde_json::from_str(DEFINITION).map(Definition)
    }

    /// Checks method, path and body.
    ///
    /// # Errors
    /// What the real one would say, or nearly.
    pub fn check(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(), String> {
        let unknown = || format!("Invalid request method and/or path: {method} {path}.");
        let (operation, id) = self.operation(method, path).ok_or_else(unknown)?;
        let parameters = operation["parameters"].as_array();
        let wanted = parameters.and_then(|all| all.iter().find(|one| one["in"] == "body"));
        let (Some(wanted), Some(body)) = (wanted, body) else {
            return match (wanted, body) {
                (None, None) => Ok(()),
                (None, Some(_)) => Err(format!("Empty {method} request expected.")),
                (Some(wanted), _) if wanted["required"] == false => Ok(()),
                _ => Err(format!("Empty {method} request.")),
            };
        };
        self.matches(&wanted["schema"], body, "")?;
        // a path and a body that both name something must name the same
        let named = ["drive_id", "iface_id", "id"]
            .iter()
            .find_map(|key| body.get(key).and_then(Value::as_str));
        match (id, named) {
            (Some(id), Some(named)) if id != named => Err(format!(
                "The id from the path [{id}] does not match the id from the body [{named}]!"
            )),
            _ => Ok(()),
        }
    }

    /// The operation, and what the path names.
    fn operation<'a>(&self, method: &str, path: &'a str) -> Option<(&Value, Option<&'a str>)> {
        let method = method.to_lowercase();
        let paths = self.0["paths"].as_object()?;
        if let Some(exact) = paths.get(path) {
            return Some((exact.get(&method)?, None));
        }
        paths.iter().find_map(|(template, operations)| {
            let start = template.strip_suffix('}')?.split_once('{')?.0;
            let id = path.strip_prefix(start)?;
            let whole = !id.is_empty() && !id.contains('/');
            whole.then_some((operations.get(&method)?, Some(id)))
        })
    }

    fn matches(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.trim_start_matches("#/definitions/");
            return self.matches(&self.0["definitions"][name], value, at);
        }
        let wrong = |what: &str| Err(format!("{at}: invalid value {value}, expected {what}"));
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            return wrong(&Value::from(allowed.clone()).to_string());
        }
        match schema["type"].as_str() {
            Some("string") if !value.is_string() => wrong("a string"),
            Some("boolean") if !value.is_boolean() => wrong("a boolean"),
            Some("integer") => match value.as_i64() {
                None => wrong("an integer"),
                Some(number) => {
                    let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
                    let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
                    if (least..=most).contains(&number) {
                        Ok(())
                    } else {
                        wrong(&format!("{least}..{most}"))
                    }
                }
            },
            Some("array") => match value.as_array() {
                None => wrong("an array"),
                Some(items) => items
                    .iter()
                    .try_for_each(|item| self.matches(&schema["items"], item, at)),
            },
            Some("object") => match value.as_object() {
                None => wrong("an object"),
                Some(fields) => self.object(schema, fields, at),
            },
            _ => Ok(()),
        }
    }

    /// Firecracker refuses fields that it does not know.
    fn object(&self, schema: &Value, fields: &Map<String, Value>, at: &str) -> Result<(), String> {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !required
                .as_str()
                .is_some_and(|name| fields.contains_key(name))
            {
                return Err(format!("{at}: missing field {required}"));
            }
        }
        let known = schema["properties"].as_object();
        for (name, value) in fields {
            let place = format!("{at}.{name}");
            match known.and_then(|properties| properties.get(name)) {
                Some(property) => self.matches(property, value, &place)?,
                None if schema["additionalProperties"] == true => {}
                None => return Err(format!("unknown field `{name}` at {place}")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(method: &str, path: &str, body: Value) -> Result<(), String> {
        let body = (!body.is_null()).then_some(&body);
        Definition::read().unwrap().check(method, path, body)
    }

    #[test]
    fn knows_the_requests_of_the_definition_and_no_others() {
        let drive =
            json!({"drive_id": "rootfs", "is_root_device": true, "path_on_host": "/vm/disk"});
        for (method, path, body) in [
            ("GET", "/", Value::Null),
            (
                "PUT",
                "/machine-config",
                json!({"vcpu_count": 2, "mem_size_mib": 256}),
            ),
            ("PUT", "/drives/rootfs", drive.clone()),
            ("PATCH", "/vm", json!({"state": "Paused"})),
            ("PUT", "/entropy", json!({})),
            ("PUT", "/mmds", json!({"any": {"thing": [1]}})),
        ] {
            assert_eq!(check(method, path, body), Ok(()), "{method} {path}");
        }
        for (method, path, body) in [
            ("DELETE", "/", Value::Null),
            ("PUT", "/nothing", json!({})),
            ("PUT", "/machine-config", Value::Null),
            ("GET", "/version", json!({})),
            ("PUT", "/machine-config", json!({"vcpu_count": 2})),
            (
                "PUT",
                "/machine-config",
                json!({"vcpu_count": 33, "mem_size_mib": 256}),
            ),
            (
                "PUT",
                "/machine-config",
                json!({"vcpu_count": "2", "mem_size_mib": 256}),
            ),
            (
                "PUT",
                "/machine-config",
                json!({"vcpu_count": 2, "mem_size_mib": 256, "ht_enabled": true}),
            ),
            ("PUT", "/drives/other", drive),
            ("PATCH", "/vm", json!({"state": "Stopped"})),
            (
                "PUT",
                "/snapshot/load",
                json!({"snapshot_path": "/s", "mem_backend": {"backend_type": "Uffd"}}),
            ),
            (
                "PUT",
                "/network-interfaces/eth0",
                json!({"iface_id": "eth0", "host_dev_name": "tap0",
                       "tx_rate_limiter": {"bandwidth": {"size": -1, "refill_time": 100}}}),
            ),
        ] {
            assert!(
                check(method, path, body.clone()).is_err(),
                "{method} {path} {body}"
            );
        }
    }
}
