//! The state of one machine, and which requests it takes in it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::guest::{Guest, Memory, console};
use crate::{VERSION, create, load};

const TUNSETIFF: u64 = 0x4004_54ca; // _IOW('T', 202, int), <linux/if_tun.h>
const TAP: u16 = 0x0002 | 0x1000 | 0x4000; // IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
const PRE_BOOT: &str = "The requested operation is not supported before starting the microVM.";
const POST_BOOT: &str = "The requested operation is not supported after starting the microVM.";

/// What was answered.
pub enum Answer {
    /// 204.
    Done,
    /// 200.
    Content(Value),
}

/// One machine.
pub struct Machine {
    id: String,
    logger: Option<File>,
    metrics: Option<File>,
    config: Map<String, Value>,
    opened: Vec<OwnedFd>,
    mmds: Option<Value>,
    guest: Option<Arc<Guest>>,
}

type Handled = Result<Answer, String>;

impl Machine {
    /// A process that was told nothing yet.
    pub fn new(id: &str) -> Machine {
        Machine {
            id: id.to_owned(),
            logger: None,
            metrics: None,
            config: Map::new(),
            opened: Vec::new(),
            mmds: None,
            guest: None,
        }
    }

    fn word(&self, name: &str) -> Option<String> {
        let arguments = self.config.get("boot-source")?["boot_args"].as_str()?;
        let mut words = arguments.split(' ');
        words.find_map(|word| Some(word.strip_prefix(name)?.trim_start_matches('=').to_owned()))
    }

    /// Whether a request is never answered, by the guest's command line.
    pub fn hangs(&self, path: &str) -> bool {
        self.guest.is_some() && self.word("standin.hang").as_deref() == Some(path)
    }

    /// Does what a request that is in the definition asks for.
    pub fn handle(&mut self, method: &str, path: &str, body: Option<&Value>) -> Handled {
        if self.word("standin.die").as_deref() == Some(path) {
            eprintln!("standin: dies of {path}");
            std::process::exit(1);
        }
        let none = Value::Null;
        let body = body.unwrap_or(&none);
        let result = match (method, path) {
            ("GET", "/") => Ok(Answer::Content(self.describe())),
            ("GET", "/version") => Ok(Answer::Content(json!({"firecracker_version": VERSION}))),
            ("GET", "/vm/config") => Ok(Answer::Content(self.everything())),
            ("GET", "/machine-config") => Ok(Answer::Content(self.machine())),
            ("PUT", "/logger") => self.log_to(body),
            ("PUT", "/metrics") => self.measure_to(body),
            ("PUT", "/actions") => self.act(body["action_type"].as_str().unwrap_or_default()),
            ("PUT", "/mmds") => self.tell(body),
            ("PATCH", "/vm") => self.run(body["state"] == "Resumed"),
            ("PUT", "/snapshot/create") => self.save(body),
            ("PUT", "/snapshot/load") => self.load(body),
            ("PUT", _) => self.configure(path, body),
            _ => Err(format!("the stand-in has no {method} {path}")),
        };
        if let (Err(words), Some(log)) = (&result, &mut self.logger) {
            let _lost = writeln!(log, "[{}:ERROR] {words}", self.id);
        }
        result
    }

    fn describe(&self) -> Value {
        let state = match &self.guest {
            None => "Not started",
            Some(guest) if guest.is_running() => "Running",
            Some(_) => "Paused",
        };
        json!({"app_name": "Firecracker", "id": self.id, "state": state, "vmm_version": VERSION})
    }

    /// Devices of a kind are lists, though there is one of each.
    fn everything(&self) -> Value {
        let mut all = self.config.clone();
        for kind in ["drives", "network-interfaces"] {
            if let Some(one) = all.get_mut(kind) {
                *one = json!([one.take()]);
            }
        }
        Value::Object(all)
    }

    fn machine(&self) -> Value {
        let default = || json!({"vcpu_count": 1, "mem_size_mib": 128, "smt": false});
        self.config
            .get("machine-config")
            .cloned()
            .unwrap_or_else(default)
    }

    fn log_to(&mut self, body: &Value) -> Handled {
        self.before_start()?;
        if let Some(path) = body["log_path"].as_str() {
            self.logger = Some(pipe(path).map_err(|error| format!("Logger error: {error}"))?);
        }
        Ok(Answer::Done)
    }

    fn measure_to(&mut self, body: &Value) -> Handled {
        self.before_start()?;
        if self.metrics.is_some() {
            return Err("Metrics error: Cannot initialize the metrics system twice".to_owned());
        }
        let path = body["metrics_path"].as_str().unwrap_or_default();
        self.metrics = Some(pipe(path).map_err(|error| format!("Metrics error: {error}"))?);
        Ok(Answer::Done)
    }

    fn before_start(&self) -> Result<(), String> {
        match self.guest {
            None => Ok(()),
            Some(_) => Err(POST_BOOT.to_owned()),
        }
    }

    fn guest(&self) -> Result<&Arc<Guest>, String> {
        self.guest.as_ref().ok_or_else(|| PRE_BOOT.to_owned())
    }

    /// Resources of a machine that has not started.
    fn configure(&mut self, path: &str, body: &Value) -> Handled {
        self.before_start()?;
        let name = path
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        match name {
            "boot-source" => {
                readable(
                    &body["kernel_image_path"],
                    "The kernel file cannot be opened",
                )?;
                readable(&body["initrd_path"], "The initrd file cannot be opened")?;
            }
            "drives" => drop(self.open_drive(body)?),
            "network-interfaces" => {
                let tap = open_tap(&body["host_dev_name"])?;
                self.opened.push(tap);
            }
            "mmds" => self.check_cards(body)?,
            "machine-config" | "entropy" => {}
            other => return Err(format!("the stand-in has no {other}")),
        }
        let key = if name == "mmds" { "mmds-config" } else { name };
        self.config.insert(key.to_owned(), body.clone());
        Ok(Answer::Done)
    }

    fn open_drive(&self, drive: &Value) -> Result<OwnedFd, String> {
        let path = drive["path_on_host"].as_str().unwrap_or_default();
        let file = File::options().read(true).write(true).open(path);
        file.map(OwnedFd::from).map_err(|error| {
            format!("Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: {error} {path}")
        })
    }

    fn check_cards(&self, body: &Value) -> Result<(), String> {
        let known = self
            .config
            .get("network-interfaces")
            .map(|card| &card["iface_id"]);
        let named = body["network_interfaces"].as_array();
        match named {
            None => Err("The list of network interface IDs that allow forwarding MMDS requests is empty.".to_owned()),
            Some(all) if all.iter().all(|id| Some(id) == known) => Ok(()),
            Some(_) => Err("The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.".to_owned()),
        }
    }

    fn act(&mut self, action: &str) -> Handled {
        match action {
            "InstanceStart" => self.start(),
            "FlushMetrics" => {
                let file = self.metrics.as_mut().ok_or("Metrics are not initialized")?;
                let line = json!({"seccomp": {"num_faults": 0}, "utc_timestamp_ms": 1});
                writeln!(file, "{line}").map_err(|error| error.to_string())?;
                Ok(Answer::Done)
            }
            _ => {
                self.guest()?;
                console("guest: restarts");
                std::process::exit(0);
            }
        }
    }

    fn start(&mut self) -> Handled {
        self.before_start()?;
        let source = self
            .config
            .get("boot-source")
            .ok_or("Start microvm error: Cannot start microvm without kernel configuration.")?;
        let mut magic = [0; 4];
        let kernel = File::open(source["kernel_image_path"].as_str().unwrap_or_default());
        let read = kernel.and_then(|mut file| file.read_exact(&mut magic));
        if read.is_err() || &magic != b"\x7fELF" {
            return Err("Start microvm error: Cannot load kernel due to invalid memory configuration or invalid kernel image: Kernel Loader: failed to load ELF kernel image: Invalid Elf magic number".to_owned());
        }
        if let Some(drive) = self.config.get("drives") {
            let drive = self.open_drive(drive)?;
            self.opened.push(drive);
        }
        let size = self.memory_bytes();
        let start = load::fresh(size).map_err(|error| format!("Start microvm error: {error}"))?;
        let tracked = self.machine()["track_dirty_pages"] == true;
        let guest = Guest::new(Memory::new(start, size, tracked));
        guest.boot();
        filter()?;
        console("[    0.000000] Linux version of the stand-in");
        console("[    0.500000] Run /init as init process");
        if self.word("standin.panic").is_some() {
            std::thread::spawn(panic);
        }
        guest.run(true);
        self.guest = Some(guest);
        self.say_who();
        Ok(Answer::Done)
    }

    fn memory_bytes(&self) -> usize {
        (self.machine()["mem_size_mib"].as_u64().unwrap_or_default() as usize) << 20
    }

    fn tell(&mut self, body: &Value) -> Handled {
        if self.guest.is_some() && !self.config.contains_key("mmds-config") {
            return Err("The MMDS data store is not initialized.".to_owned());
        }
        self.mmds = Some(body.clone());
        if self.guest.as_ref().is_some_and(|guest| guest.is_running()) {
            self.say_who();
        }
        Ok(Answer::Done)
    }

    /// What a guest would read.
    fn say_who(&self) {
        match &self.mmds {
            Some(data) => console(&format!(
                "guest: is {} of {}",
                data["instanceID"].as_str().unwrap_or_default(),
                data["envID"].as_str().unwrap_or_default()
            )),
            None => console("guest: nobody says who it is"),
        }
    }

    fn run(&mut self, run: bool) -> Handled {
        let guest = self.guest()?;
        if run && !guest.is_running() {
            guest.tell();
            self.say_who();
        }
        self.guest()?.run(run);
        Ok(Answer::Done)
    }

    fn save(&mut self, body: &Value) -> Handled {
        let guest = self.guest()?;
        if guest.is_running() {
            return Err("Create snapshot error: Cannot save the microVM state: Operation not allowed: save/restore unavailable while running".to_owned());
        }
        let failed = |error: std::io::Error| format!("Create snapshot error: {error}");
        let path = |name: &str| body[name].as_str().unwrap_or_default();
        let state = json!({"standin": VERSION, "config": self.config});
        create::state(path("snapshot_path"), &state).map_err(failed)?;
        let all = body["snapshot_type"] != "Diff";
        create::memory(path("mem_file_path"), guest.memory(), all).map_err(failed)?;
        Ok(Answer::Done)
    }

    fn load(&mut self, body: &Value) -> Handled {
        self.before_start()?;
        if !self.config.is_empty() {
            return Err("Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.".to_owned());
        }
        let failed =
            |what: String| format!("Load snapshot error: Failed to restore from snapshot: {what}");
        let path = body["snapshot_path"].as_str().unwrap_or_default();
        let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let state: Value = serde_json::from_slice(&text)
            .map_err(|_| failed("Failed to get snapshot state from file: Failed to load snapshot state from file: Invalid magic value".to_owned()))?;
        if state["standin"] != VERSION {
            return Err(failed("Unsupported snapshot version".to_owned()));
        }
        let mut config = state["config"].as_object().cloned().unwrap_or_default();
        override_tap(&mut config, &body["network_overrides"]).map_err(failed)?;
        self.config = config;
        if let Some(drive) = self.config.get("drives") {
            let drive = self.open_drive(drive)?;
            self.opened.push(drive);
        }
        if let Some(card) = self.config.get("network-interfaces") {
            self.opened.push(open_tap(&card["host_dev_name"])?);
        }
        let tracked = body["track_dirty_pages"] == true;
        let start = self.backend(body).map_err(failed)?;
        let guest = Guest::new(Memory::new(start, self.memory_bytes(), tracked));
        filter()?;
        self.guest = Some(guest);
        if body["resume_vm"] == true {
            return self.run(true);
        }
        Ok(Answer::Done)
    }

    fn backend(&self, body: &Value) -> Result<*mut u8, String> {
        let backend = &body["mem_backend"];
        let path = backend["backend_path"].as_str().unwrap_or_default();
        let size = self.memory_bytes();
        match (
            body["mem_file_path"].as_str(),
            backend["backend_type"].as_str(),
        ) {
            (Some(path), None) => load::file(path, size),
            (None, Some("File")) => load::file(path, size),
            (None, Some("Uffd")) => load::pager(path, size),
            _ => return Err("exactly one of `mem_backend` and `mem_file_path`".to_owned()),
        }
        .map_err(|error| format!("memory of {path}: {error}"))
    }
}

/// A filter of system calls, which Firecracker sets before a guest runs; this one lets all through.
fn filter() -> Result<(), String> {
    let mut program = [libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_ALLOW,
    }];
    let description = libc::sock_fprog {
        len: 1,
        filter: program.as_mut_ptr(),
    };
    let mode = libc::SECCOMP_MODE_FILTER as libc::c_ulong;
    // SAFETY: the kernel copies the program, which is alive and as long as described.
    match unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const description, 0, 0) } {
        0 => Ok(()),
        _ => Err(format!("seccomp: {}", std::io::Error::last_os_error())),
    }
}

/// A kernel that restarts after its last words, which ends a Firecracker; not before the request that
/// started it was answered, most of the time.
fn panic() {
    std::thread::sleep(std::time::Duration::from_millis(100));
    console("[    0.600000] Kernel panic - not syncing: asked for");
    std::process::exit(0);
}

fn override_tap(config: &mut Map<String, Value>, overrides: &Value) -> Result<(), String> {
    for one in overrides.as_array().into_iter().flatten() {
        match config.get_mut("network-interfaces") {
            Some(card) if card["iface_id"] == one["iface_id"] => {
                card["host_dev_name"] = one["host_dev_name"].clone();
            }
            _ => return Err("Unknown Network Device.".to_owned()),
        }
    }
    Ok(())
}

/// As Firecracker opens what may be a named pipe.
fn pipe(path: &str) -> std::io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

fn readable(path: &Value, words: &str) -> Result<(), String> {
    match path.as_str() {
        None => Ok(()),
        Some(path) => match File::open(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("Boot source error: {words}: {error}")),
        },
    }
}

fn open_tap(name: &Value) -> Result<OwnedFd, String> {
    let name = name.as_str().unwrap_or_default();
    let failed = |error: std::io::Error| {
        format!(
            "Network config error: Could not create the network device: Open tap device failed: Error while creating ifreq structure: {error} {name}"
        )
    };
    let device = File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun")
        .map_err(failed)?;
    let mut request = [0_u8; 40]; // struct ifreq: 16 bytes of name, then flags
    request[..name.len().min(15)].copy_from_slice(&name.as_bytes()[..name.len().min(15)]);
    request[16..18].copy_from_slice(&TAP.to_ne_bytes());
    // SAFETY: a structure of the size that the request reads, alive for the call.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), TUNSETIFF, request.as_mut_ptr()) };
    match result {
        0.. => Ok(device.into()),
        _ => Err(failed(std::io::Error::last_os_error())),
    }
}
