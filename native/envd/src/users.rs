//! Users and groups from `/etc/passwd` and `/etc/group`. Read here and not by the C library, whose
//! name services load shared objects, which a static program cannot.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::path::PathBuf;

use thiserror::Error;

const ROOT: &str = "root";

/// Why a user is not known.
#[derive(Debug, Error)]
pub enum UserError {
    /// Nobody has this name.
    #[error("no user {0:?}")]
    Unknown(String),
}

/// One user with everything that a process of theirs needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Primary and supplementary groups.
    pub groups: Vec<u32>,
    /// Home folder.
    pub home: PathBuf,
}

impl User {
    /// Looks `name` up in the files of the system. `root` is known even without files.
    pub fn find(name: &str) -> Result<User, UserError> {
        let passwd = read_to_string("/etc/passwd").unwrap_or_default();
        let group = read_to_string("/etc/group").unwrap_or_default();
        match User::parse(name, &passwd, &group) {
            Some(user) => Ok(user),
            None if name == ROOT => Ok(User {
                name: ROOT.to_owned(),
                uid: 0,
                gid: 0,
                groups: vec![0],
                home: "/root".into(),
            }),
            None => Err(UserError::Unknown(name.to_owned())),
        }
    }

    /// Whose processes this agent starts unless told otherwise: `root`, or where it is not root
    /// and can start no others, the user that it runs as.
    pub fn usual() -> Result<User, UserError> {
        let uid = nix::unistd::geteuid();
        if uid.is_root() {
            return User::find(ROOT);
        }
        let passwd = read_to_string("/etc/passwd").unwrap_or_default();
        let own = uid.to_string();
        let is_own = |line: &&str| line.split(':').nth(2) == Some(&own);
        let name = passwd
            .lines()
            .find(is_own)
            .and_then(|l| l.split(':').next());
        User::find(name.ok_or(UserError::Unknown(own))?)
    }

    /// The path that `path` is for this user: relative ones and `~` start at the home.
    pub fn at_home(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(rest.trim_start_matches('/')),
            _ => self.home.join(path),
        }
    }

    /// The user `name` of the given passwd(5) and group(5) texts. Lines that have another form are
    /// passed over.
    pub fn parse(name: &str, passwd: &str, group: &str) -> Option<User> {
        let mut user = passwd.lines().find_map(|line| passwd_line(name, line))?;
        let member_of = group.lines().filter_map(|line| group_line(name, line));
        user.groups.extend(member_of);
        user.groups.sort_unstable();
        user.groups.dedup();
        Some(user)
    }
}

/// Names of user and group ids.
#[derive(Debug, Default)]
pub struct Names {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

impl Names {
    /// The names of this system.
    pub fn read() -> Names {
        let passwd = read_to_string("/etc/passwd").unwrap_or_default();
        let group = read_to_string("/etc/group").unwrap_or_default();
        Names {
            users: ids(&passwd),
            groups: ids(&group),
        }
    }

    /// The name of a user, or the number.
    pub fn user(&self, uid: u32) -> String {
        name_or_number(&self.users, uid)
    }

    /// The name of a group, or the number.
    pub fn group(&self, gid: u32) -> String {
        name_or_number(&self.groups, gid)
    }
}

fn name_or_number(names: &BTreeMap<u32, String>, id: u32) -> String {
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

/// `name:password:id:…` of each line; of two names of one id, the first.
fn ids(text: &str) -> BTreeMap<u32, String> {
    let mut ids = BTreeMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        let (name, id) = (fields.next(), fields.nth(1));
        if let (Some(name), Some(Ok(id))) = (name, id.map(str::parse)) {
            ids.entry(id).or_insert_with(|| name.to_owned());
        }
    }
    ids
}

/// `name:password:uid:gid:comment:home:shell`
fn passwd_line(name: &str, line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [login, _, uid, gid, _, home, ..] = fields[..] else {
        return None;
    };
    if login != name || name.is_empty() {
        return None;
    }
    let gid = gid.parse().ok()?;
    Some(User {
        name: name.to_owned(),
        uid: uid.parse().ok()?,
        gid,
        groups: vec![gid],
        home: if home.is_empty() { "/" } else { home }.into(),
    })
}

/// `group:password:gid:member,member`
fn group_line(name: &str, line: &str) -> Option<u32> {
    let fields: Vec<&str> = line.split(':').collect();
    let [_, _, gid, members, ..] = fields[..] else {
        return None;
    };
    let is_member = members.split(',').any(|member| member == name);
    is_member.then(|| gid.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        # comment\n\
        broken:x:abc:0::/:\n\
        ada:x:1000:1000:Ada,,,:/home/ada:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nada:x:1000:\nsudo:x:27:bob,ada\nadam:x:9:adam\nbad\n";

    #[test]
    fn finds_ids_home_and_groups() {
        let ada = User::parse("ada", PASSWD, GROUP).unwrap();
        assert_eq!((ada.uid, ada.gid), (1000, 1000));
        assert_eq!(ada.groups, [27, 1000]);
        assert_eq!(ada.home, PathBuf::from("/home/ada"));
    }

    #[test]
    fn unknown_and_broken_users_are_not_found() {
        for name in ["broken", "eve", "", "# comment", "ada:x"] {
            assert_eq!(User::parse(name, PASSWD, GROUP), None, "{name}");
        }
    }

    #[test]
    fn ids_have_names_or_stay_numbers() {
        let names = Names {
            users: ids(PASSWD),
            groups: ids(GROUP),
        };
        assert_eq!(names.user(1000), "ada");
        assert_eq!(names.user(7), "7");
        assert_eq!(names.group(27), "sudo");
    }

    #[test]
    fn paths_start_at_home_unless_they_are_absolute() {
        let ada = User::parse("ada", PASSWD, GROUP).unwrap();
        for (path, expected) in [
            ("/etc/x", "/etc/x"),
            ("x/y", "/home/ada/x/y"),
            ("~", "/home/ada"),
            ("~/x", "/home/ada/x"),
            ("~//x", "/home/ada/x"),
            ("~x", "/home/ada/~x"),
        ] {
            assert_eq!(ada.at_home(path), PathBuf::from(expected));
        }
    }

    proptest! {
        #[test]
        fn any_files_are_read(name in "[a-z:]{0,4}", passwd in "[a-z0-9:\n]*", group in "[a-z0-9:,\n]*") {
            if let Some(user) = User::parse(&name, &passwd, &group) {
                prop_assert!(user.groups.contains(&user.gid));
                prop_assert_eq!(user.name, name);
            }
        }

        #[test]
        fn a_written_user_comes_back(name in "[a-z_][a-z0-9_-]{0,30}", uid: u32, gid: u32, home in "/[a-z/]{0,20}") {
            let line = format!("x:x:1:1::/:\n{name}:x:{uid}:{gid}:c:{home}:/bin/sh\n");
            if name != "x" {
                let user = User::parse(&name, &line, "").unwrap();
                prop_assert_eq!((user.uid, user.gid, user.home), (uid, gid, PathBuf::from(home)));
            }
        }
    }
}
