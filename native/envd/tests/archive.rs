//! Folders as tar streams over HTTP.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use common::plain::{self, Reply};
use common::{Agent, TOKEN};
use tar::{Builder, EntryType, Header};

const WITH_TOKEN: [(&str, &str); 1] = [("x-access-token", TOKEN)];

fn url(folder: &Path) -> String {
    format!("/files/archive?path={}", folder.display())
}

fn post(agent: &Agent, folder: &Path, body: &[u8]) -> Reply {
    plain::request(agent.address, "POST", &url(folder), &WITH_TOKEN, body)
}

fn get(agent: &Agent, folder: &Path) -> Reply {
    plain::request(agent.address, "GET", &url(folder), &WITH_TOKEN, b"")
}

/// Names are written as they are: the library would refuse the bad ones.
fn entry(tar: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, link: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o4640);
    header.set_mtime(1_000_000_000);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.append(&header, content).unwrap();
}

/// Kind, name, target of the link, content.
type Item<'a> = (EntryType, &'a str, &'a str, &'a [u8]);

fn archive(entries: &[Item]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (kind, name, link, content) in entries {
        entry(&mut tar, *kind, name, link, content);
    }
    tar.into_inner().unwrap()
}

#[test]
fn folders_go_out_and_come_back() {
    let agent = Agent::ready();
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    fs::create_dir_all(from.join("a/empty")).unwrap();
    let long = "x".repeat(200);
    fs::write(from.join("a").join(&long), "long").unwrap();
    fs::write(from.join("big"), vec![7; 3_000_001]).unwrap();
    fs::write(from.join("nothing"), "").unwrap();
    fs::set_permissions(from.join("big"), fs::Permissions::from_mode(0o750)).unwrap();
    symlink("a/nowhere", from.join("link")).unwrap();
    let fifo = from.join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRUSR).unwrap();

    let reply = get(&agent, &from);
    assert_eq!((reply.status, reply.broken), (200, false));
    assert_eq!(reply.header("content-type"), Some("application/x-tar"));
    let to = folder.path().join("deep/to");
    let done = post(&agent, &to, &reply.body);
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(
        done.text(),
        r#"{"files":3,"folders":2,"links":1,"bytes":3000005}"#
    );
    assert_eq!(fs::read(to.join("a").join(&long)).unwrap(), b"long");
    assert!(fs::read(to.join("big")).unwrap() == vec![7; 3_000_001]);
    let big = (fs::metadata(from.join("big")), fs::metadata(to.join("big")));
    let (old, new) = (big.0.unwrap(), big.1.unwrap());
    assert_eq!((new.mode(), new.mtime()), (old.mode(), old.mtime()));
    assert!(to.join("a/empty").is_dir());
    assert_eq!(
        fs::read_link(to.join("link")).unwrap(),
        Path::new("a/nowhere")
    );
    assert!(!to.join("fifo").exists());

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&reply.body).unwrap();
    let headers = [WITH_TOKEN[0], ("content-encoding", "gzip")];
    let body = packed.finish().unwrap();
    let done = plain::request(agent.address, "POST", &url(&to), &headers, &body);
    assert_eq!(done.status, 200, "{}", done.text());
    let cut = &body[..body.len() - 9];
    let done = plain::request(agent.address, "POST", &url(&to), &headers, cut);
    assert_eq!(done.status, 400, "{}", done.text());
}

#[test]
fn no_entry_leaves_the_folder() {
    use EntryType::{Directory, Link, Regular, Symlink};
    let agent = Agent::ready();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let at = out.to_str().unwrap();
    let abs = format!("{at}/abs");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("secret"), "secret").unwrap();
    let to_file = format!("{at}/secret");
    let cases: &[&[Item]] = &[
        &[(Regular, "../out/up", "", b"x")],
        &[(Regular, "a/../../out/up", "", b"x")],
        &[(Regular, &abs, "", b"x")],
        &[(Directory, "../out/up", "", b"")],
        &[(Symlink, "l", at, b""), (Regular, "l/x", "", b"x")],
        &[(Symlink, "l", "../out", b""), (Regular, "l/x", "", b"x")],
        &[(Symlink, "l", "../out", b""), (Directory, "l/d", "", b"")],
        &[(Symlink, "l", "../out", b""), (Directory, "l", "", b"")],
        &[
            (Symlink, "k", "..", b""),
            (Symlink, "l", "k/out", b""),
            (Regular, "l/x", "", b"x"),
        ],
        &[(Link, "h", "../out/secret", b"")],
        &[(Link, "h", &to_file, b"")],
        &[(Symlink, "l", "../out", b""), (Link, "h", "l/secret", b"")],
        &[(EntryType::Char, "null", "", b"")],
        &[(EntryType::Fifo, "fifo", "", b"")],
        &[(Regular, "f", "", b"x"), (Regular, "f/x", "", b"x")],
        &[(Directory, "d", "", b""), (Regular, "d", "", b"x")],
    ];
    for (number, entries) in cases.iter().enumerate() {
        let to = folder.path().join(format!("to{number}"));
        let reply = post(&agent, &to, &archive(entries));
        assert_eq!(reply.status, 400, "{number} {}", reply.text());
        let left: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(left, ["secret"], "{number}");
        assert_eq!(fs::metadata(out.join("secret")).unwrap().nlink(), 1);
    }
}

#[test]
fn links_are_replaced_and_not_followed() {
    use EntryType::{Link, Regular, Symlink};
    let agent = Agent::ready();
    let folder = tempfile::tempdir().unwrap();
    let (to, out) = (folder.path().join("to"), folder.path().join("out"));
    fs::write(&out, "kept").unwrap();
    let entries: &[Item] = &[
        (Symlink, "l", "../out", b""),
        (Regular, "l", "", b"new"),
        (Regular, "./d/f", "", b"f"),
        (Link, "d/h", "d/f", b""),
        (Link, "d/h", "d/f", b""),
        (Symlink, "inner", "d", b""),
        (Regular, "inner/g", "", b"g"),
    ];
    let reply = post(&agent, &to, &archive(entries));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(fs::read(&out).unwrap(), b"kept");
    assert_eq!(fs::read(to.join("l")).unwrap(), b"new");
    assert_eq!(fs::read(to.join("d/g")).unwrap(), b"g");
    let file = fs::metadata(to.join("d/f")).unwrap();
    assert_eq!((file.nlink(), file.mode() & 0o7777), (2, 0o640));
    assert_eq!(fs::read_dir(to.join("d")).unwrap().count(), 3);
}

#[test]
fn what_is_cut_off_or_no_archive_is_refused() {
    let agent = Agent::ready();
    let folder = tempfile::tempdir().unwrap();
    let whole = archive(&[(EntryType::Regular, "file", "", &[1; 5000])]);
    for bad in [&whole[..700], &[9; 2000][..]] {
        assert_eq!(post(&agent, folder.path(), bad).status, 400);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // The sender goes away in the middle of a file.
    let mut stream = TcpStream::connect(agent.address).unwrap();
    let head = plain::head("POST", &url(folder.path()), &WITH_TOKEN, whole.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&whole[..2000]).unwrap();
    let count = || fs::read_dir(folder.path()).unwrap().count();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let until = |expected| {
        while count() != expected {
            assert!(std::time::Instant::now() < deadline);
            std::thread::yield_now();
        }
    };
    until(1);
    drop(stream);
    until(0);

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(get(&agent, &file).status, 400);
    assert_eq!(post(&agent, &file, &whole).status, 400);
    assert_eq!(get(&agent, &folder.path().join("no")).status, 404);
    assert_eq!(get(&agent, Path::new("")).status, 400);
}

#[test]
fn archives_have_the_rights_of_the_user() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let agent = Agent::ready();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let body = archive(&[(EntryType::Regular, "d/file", "", b"x")]);
    let of_nobody = format!("{}&username=nobody", url(&folder.path().join("new")));
    let call = || plain::request(agent.address, "POST", &of_nobody, &WITH_TOKEN, &body);
    assert_eq!(call().status, 403);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(call().status, 200);
    assert_ne!(
        fs::metadata(folder.path().join("new/d/file"))
            .unwrap()
            .uid(),
        0
    );
    // What the user may not read breaks the answer instead of being left out.
    fs::write(folder.path().join("new/closed"), "x").unwrap();
    fs::set_permissions(
        folder.path().join("new/closed"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    let reply = plain::request(agent.address, "GET", &of_nobody, &WITH_TOKEN, b"");
    assert!(reply.broken);
}
