//! Transfers that go wrong, meet each other, or are very large.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use common::place::{FORM, Place, RAW, form, names, noise};
use common::plain;
use common::{Agent, TOKEN};
use tempfile::TempDir;

/// Waits until the names in the folder are as wished: the other side works on its own.
fn until(folder: &Path, wished: impl Fn(&[String]) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !(folder.is_dir() && wished(&names(folder))) {
        assert!(Instant::now() < deadline, "{}", folder.display());
        std::thread::yield_now();
    }
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let place = Place::new();
    fs::write(place.at("old"), "old").unwrap();
    let start = form(&[("file", place.at("third").to_str().unwrap(), &noise(1 << 20))]);
    for (url, kind, body) in [
        (place.url("new"), RAW, noise(1 << 20)),
        (place.url("old"), RAW, noise(1 << 20)),
        (place.url("deep/new"), RAW, noise(1 << 20)),
        ("/files".to_owned(), FORM, start[..1 << 20].to_vec()),
    ] {
        let headers = [("x-access-token", TOKEN), kind];
        let mut stream = TcpStream::connect(place.agent.address).unwrap();
        let head = plain::head("POST", &url, &headers, 10 << 20);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let folder = match url.contains("deep") {
            true => place.at("deep"),
            false => place.folder.path().to_owned(),
        };
        // The temporary file beside the old one, or alone in the new folder.
        until(&folder, |names| {
            names.iter().any(|name| name.starts_with(".wrenn-"))
        });
        drop(stream);
        until(&folder, |names| {
            names.iter().all(|name| name == "old" || name == "deep")
        });
        assert_eq!(fs::read(place.at("old")).unwrap(), b"old");
    }
}

#[test]
fn writers_at_once_leave_one_of_their_files_whole() {
    let place = Place::new();
    let contents: Vec<Vec<u8>> = (0..8u8).map(|n| vec![n; 600_000]).collect();
    std::thread::scope(|scope| {
        for content in &contents {
            let place = &place;
            scope.spawn(move || {
                for _ in 0..5 {
                    assert_eq!(place.put("file", &[], content).status, 200);
                    let seen = place.get("file", &[]).body;
                    assert!(seen.len() == 600_000 && seen.iter().all(|byte| *byte == seen[0]));
                }
            });
        }
    });
    assert_eq!(place.names(), ["file"]);
}

/// A small file system of its own, for root.
struct Small(TempDir);

impl Small {
    fn mount() -> Option<Small> {
        let folder = tempfile::tempdir().unwrap();
        let flags = nix::mount::MsFlags::empty();
        let mounted = nix::mount::mount(
            Some("tmpfs"),
            folder.path(),
            Some("tmpfs"),
            flags,
            Some("size=1m"),
        );
        mounted.is_ok().then_some(Small(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        nix::mount::umount(self.0.path()).unwrap();
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_is_left() {
    let Some(small) = Small::mount() else {
        return;
    };
    let agent = Agent::ready();
    let at = |name: &str| small.0.path().join(name);
    fs::write(at("file"), "old").unwrap();
    let file = at("file").to_str().unwrap().to_owned();
    let body = noise(4 << 20);
    for (url, kind, body) in [
        (format!("/files?path={file}"), RAW, body.clone()),
        ("/files".to_owned(), FORM, form(&[("file", &file, &body)])),
    ] {
        let headers = [("x-access-token", TOKEN), kind];
        let reply = plain::request(agent.address, "POST", &url, &headers, &body);
        assert_eq!(reply.status, 507, "{}", reply.text());
        assert_eq!(names(small.0.path()), ["file"]);
        assert_eq!(fs::read(at("file")).unwrap(), b"old");
    }
}

#[test]
fn a_file_that_gets_shorter_breaks_the_connection() {
    let place = Place::new();
    let file = fs::File::create(place.at("file")).unwrap();
    file.set_len(64 << 20).unwrap();
    let headers = [("x-access-token", TOKEN)];
    let mut stream = TcpStream::connect(place.agent.address).unwrap();
    let head = plain::head("GET", &place.url("file"), &headers, 0);
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 1];
    stream.peek(&mut first).unwrap();
    file.set_len(0).unwrap();
    assert!(plain::reply(stream, false).broken);
}

#[test]
fn files_of_any_size_pass_in_constant_memory() {
    const LENGTH: u64 = (1 << 30) + 3;
    let place = Place::new();
    let file = fs::File::create(place.at("sparse")).unwrap();
    file.set_len(LENGTH).unwrap();
    let headers = [("x-access-token", TOKEN), RAW];
    let mut down = TcpStream::connect(place.agent.address).unwrap();
    let head = plain::head("GET", &place.url("sparse"), &headers, 0);
    down.write_all(head.as_bytes()).unwrap();
    let mut up = TcpStream::connect(place.agent.address).unwrap();
    let head = plain::head("POST", &place.url("copy"), &headers, LENGTH as usize);
    up.write_all(head.as_bytes()).unwrap();
    // The head of the answer ends with an empty line.
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        down.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    let copied = std::io::copy(&mut down, &mut up).unwrap();
    assert_eq!(copied, LENGTH);
    assert_eq!(plain::reply(up, false).status, 200);
    assert_eq!(fs::metadata(place.at("copy")).unwrap().len(), LENGTH);
    let peak = place.agent.peak_memory();
    assert!(peak < 48 << 20, "{peak}");
}
