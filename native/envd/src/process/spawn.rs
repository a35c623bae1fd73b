//! From a request to a running process: program, folder, variables, user, pipes or terminal.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::io::{self, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use tokio::io::Interest;
use tokio::sync::oneshot;

use super::ProcessError;
use super::child::ChildSetup;
use super::children::Children;
use super::endpoint::Endpoint;
use super::output::Stream;
use super::pump::Source;
use super::terminal::{self, Size};
use crate::users::User;

/// Search path of processes whose caller and template set none (Debian's for root).
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The locale when nobody asks for one: in every Debian and Alpine, and UTF-8.
const LOCALE: &str = "C.UTF-8";

/// What to run.
pub struct Plan {
    /// Name or path of the program.
    pub cmd: String,
    /// Its arguments, without the name.
    pub args: Vec<String>,
    /// Folder that the caller asks for.
    pub cwd: Option<String>,
    /// Folder otherwise, when it exists.
    pub default_cwd: Option<String>,
    /// Variables of the capsule.
    pub default_envs: Vec<(String, String)>,
    /// Variables of the caller.
    pub envs: HashMap<String, String>,
    /// Who it runs as.
    pub user: User,
    /// How it is connected.
    pub io: Io,
}

/// Standard streams of a process.
#[derive(Debug, Clone, Copy)]
pub enum Io {
    /// Two pipes out; one in, or `/dev/null`.
    Pipes {
        /// Whether there is a pipe in.
        stdin: bool,
    },
    /// A terminal.
    Terminal(Size),
}

/// Where input goes.
pub enum Sink {
    /// Nowhere: standard input is `/dev/null`.
    None,
    /// The pipe.
    Pipe(Endpoint),
    /// The terminal, shared with its source.
    Terminal(Arc<Endpoint>),
}

/// A process that runs.
pub struct Spawned {
    /// Number of the process and of its group.
    pub pid: u32,
    /// Its status, when it has ended.
    pub status: oneshot::Receiver<ExitStatus>,
    /// Its output.
    pub sources: Vec<Source>,
    /// Its input.
    pub sink: Sink,
}

impl Plan {
    /// Starts the process.
    pub fn spawn(self, children: &Children) -> Result<Spawned, ProcessError> {
        let folder = self.folder()?;
        let envs = self.environment()?;
        let path = envs.get("PATH").map_or(PATH, String::as_str);
        let program = find_program(&self.cmd, &folder, path)?;
        let failed = |e| ProcessError::Start(self.cmd.clone(), e);

        let mut command = Command::new(program);
        command
            .arg0(&self.cmd)
            .args(&self.args)
            .env_clear()
            .envs(&envs);
        let ends = self
            .connect(&mut command)
            .map_err(|e| ProcessError::Io("pipes", e))?;
        let terminal = matches!(self.io, Io::Terminal(_));
        let mut child = ChildSetup::new(&self.user, &folder, terminal).map_err(failed)?;
        // SAFETY: `enter` only makes system calls; it neither allocates nor takes a lock.
        unsafe { command.pre_exec(move || child.enter()) };
        let (pid, status) = children.spawn(&mut command).map_err(failed)?;
        // The command holds the other ends of the pipes; they must close with the process.
        drop(command);
        let (sources, sink) = ends.register().map_err(|e| ProcessError::Io("pipes", e))?;
        Ok(Spawned {
            pid,
            status,
            sources,
            sink,
        })
    }

    /// The folder to start in: the caller's, which must exist, or the first usable of the default
    /// one, the home and `/`. Relative paths and `~` start at the home.
    fn folder(&self) -> Result<PathBuf, ProcessError> {
        let home = &self.user.home;
        let absolute = |path: &str| self.user.at_home(path);
        if let Some(cwd) = self.cwd.as_deref().filter(|cwd| !cwd.is_empty()) {
            let folder = absolute(cwd);
            return match folder.is_dir() {
                true => Ok(folder),
                false => Err(ProcessError::NoFolder(cwd.to_owned())),
            };
        }
        let default = self.default_cwd.as_deref().filter(|d| !d.is_empty());
        let candidates = [default.map(absolute), Some(home.clone())];
        let usable = candidates.into_iter().flatten().find(|f| f.is_dir());
        Ok(usable.unwrap_or_else(|| PathBuf::from("/")))
    }

    /// All variables: of the user, then of the capsule, then of the caller.
    fn environment(&self) -> Result<BTreeMap<String, String>, ProcessError> {
        let name = &self.user.name;
        let mut envs = BTreeMap::from([
            ("PATH".to_owned(), PATH.to_owned()),
            ("LANG".to_owned(), LOCALE.to_owned()),
            ("HOME".to_owned(), self.user.home.display().to_string()),
            ("USER".to_owned(), name.clone()),
            ("LOGNAME".to_owned(), name.clone()),
        ]);
        let terminal = matches!(self.io, Io::Terminal(_));
        if terminal {
            envs.insert("TERM".to_owned(), "xterm-256color".to_owned());
        }
        let mut asked: BTreeMap<String, String> = self.default_envs.iter().cloned().collect();
        asked.extend(self.envs.iter().map(|(k, v)| (k.clone(), v.clone())));
        // LC_ALL beats every other: it must not beat a locale that somebody asked for.
        if terminal && !asked.keys().any(|k| k == "LANG" || k.starts_with("LC_")) {
            envs.insert("LC_ALL".to_owned(), LOCALE.to_owned());
        }
        envs.extend(asked);
        let is_bad = |name: &String| name.is_empty() || name.contains(['=', '\0']);
        match envs.keys().any(is_bad) {
            true => Err(ProcessError::Invalid("a variable has an impossible name")),
            false => Ok(envs),
        }
    }

    fn connect(&self, command: &mut Command) -> io::Result<Ends> {
        match self.io {
            Io::Terminal(size) => {
                let (ours, theirs) = terminal::open(size, self.user.uid)?;
                command.stdin(theirs.try_clone()?);
                command.stdout(theirs.try_clone()?);
                command.stderr(theirs);
                Ok(Ends::Terminal(ours))
            }
            Io::Pipes { stdin } => {
                let (stdout, writer) = pipe()?;
                command.stdout(writer);
                let (stderr, writer) = pipe()?;
                command.stderr(writer);
                let stdin = match stdin {
                    true => {
                        let (reader, writer) = pipe()?;
                        command.stdin(reader);
                        Some(writer.into())
                    }
                    false => {
                        command.stdin(Stdio::null());
                        None
                    }
                };
                Ok(Ends::Pipes {
                    stdin,
                    stdout: stdout.into(),
                    stderr: stderr.into(),
                })
            }
        }
    }
}

/// Our ends, before the process runs.
enum Ends {
    Terminal(OwnedFd),
    Pipes {
        stdin: Option<OwnedFd>,
        stdout: OwnedFd,
        stderr: OwnedFd,
    },
}

impl Ends {
    fn register(self) -> io::Result<(Vec<Source>, Sink)> {
        let source = |fd, stream| {
            let endpoint = Arc::new(Endpoint::new(fd, Interest::READABLE)?);
            io::Result::Ok(Source { endpoint, stream })
        };
        match self {
            Ends::Terminal(fd) => {
                let both = Interest::READABLE | Interest::WRITABLE;
                let endpoint = Arc::new(Endpoint::new(fd, both)?);
                let source = Source {
                    endpoint: Arc::clone(&endpoint),
                    stream: Stream::Terminal,
                };
                Ok((vec![source], Sink::Terminal(endpoint)))
            }
            Ends::Pipes {
                stdin,
                stdout,
                stderr,
            } => {
                let sources = vec![
                    source(stdout, Stream::Stdout)?,
                    source(stderr, Stream::Stderr)?,
                ];
                let sink = match stdin {
                    Some(fd) => Sink::Pipe(Endpoint::new(fd, Interest::WRITABLE)?),
                    None => Sink::None,
                };
                Ok((sources, sink))
            }
        }
    }
}

/// Finds the program as a shell would: a path as it is (relative to `folder`), a name in `path`.
fn find_program(cmd: &str, folder: &Path, path: &str) -> Result<PathBuf, ProcessError> {
    if cmd.is_empty() {
        return Err(ProcessError::Invalid("cmd is empty"));
    }
    let candidates: Vec<PathBuf> = match cmd.contains('/') {
        true => vec![folder.join(cmd)],
        false => std::env::split_paths(OsStr::new(path))
            .map(|entry| folder.join(entry).join(cmd))
            .collect(),
    };
    let mut found_other = false;
    for candidate in candidates {
        match std::fs::metadata(&candidate) {
            Ok(m) if m.is_file() && m.permissions().mode() & 0o111 != 0 => return Ok(candidate),
            Ok(_) => found_other = true,
            Err(_) => {}
        }
    }
    Err(match found_other && cmd.contains('/') {
        true => ProcessError::NotExecutable(cmd.to_owned()),
        false => ProcessError::NoProgram(cmd.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            cmd: "true".to_owned(),
            args: Vec::new(),
            cwd: None,
            default_cwd: None,
            default_envs: Vec::new(),
            envs: HashMap::new(),
            user: User {
                name: "ada".to_owned(),
                uid: 1000,
                gid: 1000,
                groups: vec![1000],
                home: "/usr".into(),
            },
            io: Io::Pipes { stdin: false },
        }
    }

    #[test]
    fn folders() {
        let folder = |cwd: Option<&str>, default: Option<&str>| {
            let mut plan = plan();
            plan.cwd = cwd.map(str::to_owned);
            plan.default_cwd = default.map(str::to_owned);
            plan.folder().map(|f| f.display().to_string()).ok()
        };
        assert_eq!(folder(None, None).as_deref(), Some("/usr"));
        assert_eq!(folder(None, Some("/etc")).as_deref(), Some("/etc"));
        assert_eq!(folder(None, Some("/missing")).as_deref(), Some("/usr"));
        assert_eq!(folder(Some("/tmp"), Some("/etc")).as_deref(), Some("/tmp"));
        assert_eq!(folder(Some("bin"), None).as_deref(), Some("/usr/bin"));
        assert_eq!(folder(Some("~/bin"), None).as_deref(), Some("/usr/bin"));
        assert_eq!(folder(Some("~"), None).as_deref(), Some("/usr"));
        assert_eq!(folder(Some("/missing"), None), None);
        assert_eq!(folder(Some("/etc/passwd"), None), None);
    }

    #[test]
    fn later_variables_win() {
        let mut plan = plan();
        plan.default_envs = vec![("A".into(), "1".into()), ("HOME".into(), "/h".into())];
        plan.envs = HashMap::from([("A".into(), "2".into())]);
        let envs = plan.environment().unwrap();
        assert_eq!(envs["A"], "2");
        assert_eq!(envs["HOME"], "/h");
        assert_eq!(envs["USER"], "ada");
        plan.envs = HashMap::from([("A=B".into(), String::new())]);
        assert!(plan.environment().is_err());
    }

    #[test]
    fn terminals_have_a_type_and_a_locale_unless_told_otherwise() {
        let mut plan = plan();
        assert_eq!(plan.environment().unwrap().get("TERM"), None);
        plan.io = Io::Terminal(Size::new(80, 24));
        let envs = plan.environment().unwrap();
        assert_eq!(envs["TERM"], "xterm-256color");
        assert_eq!(envs["LANG"], "C.UTF-8");
        assert_eq!(envs["LC_ALL"], "C.UTF-8");
        plan.envs = HashMap::from([
            ("LANG".into(), "de_DE.UTF-8".into()),
            ("TERM".into(), "dumb".into()),
        ]);
        let envs = plan.environment().unwrap();
        assert_eq!(envs["LANG"], "de_DE.UTF-8");
        assert_eq!(envs["TERM"], "dumb");
        assert_eq!(envs.get("LC_ALL"), None);
    }

    #[test]
    fn programs() {
        let find = |cmd: &str| find_program(cmd, Path::new("/usr"), "/nowhere:/bin");
        assert_eq!(find("sh").unwrap(), PathBuf::from("/bin/sh"));
        assert_eq!(find("bin/env").unwrap(), PathBuf::from("/usr/bin/env"));
        assert!(matches!(find("no-such"), Err(ProcessError::NoProgram(_))));
        assert!(matches!(find("/no/such"), Err(ProcessError::NoProgram(_))));
        assert!(matches!(
            find("/etc/passwd"),
            Err(ProcessError::NotExecutable(_))
        ));
        assert!(matches!(find("/etc"), Err(ProcessError::NotExecutable(_))));
        assert!(matches!(find(""), Err(ProcessError::Invalid(_))));
    }
}
