//! Contents of files over HTTP.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use common::place::{FORM, Place, RAW, form, noise};
use common::plain;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(data).unwrap();
    packer.finish().unwrap()
}

#[test]
fn what_is_written_is_read() {
    let place = Place::new();
    for length in [0, 1, 1000, 256 << 10, (3 << 20) + 7] {
        let content = noise(length);
        let reply = place.put("deep/er/file", &[], &content);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let path = place.at("deep/er/file");
        assert_eq!(
            reply.text(),
            format!(
                r#"[{{"path":"{}","name":"file","type":"file"}}]"#,
                path.display()
            )
        );
        assert_eq!(fs::read(path).unwrap(), content);
        let reply = place.get("deep/er/file", &[]);
        assert_eq!((reply.status, reply.broken), (200, false));
        assert_eq!(reply.header("content-length"), Some(&*length.to_string()));
        assert_eq!(
            reply.header("content-type"),
            Some("application/octet-stream")
        );
        assert!(reply.body == content);
    }
}

#[test]
fn forms_name_their_files_in_any_order() {
    let place = Place::new();
    let (one, two) = (noise(300_000), noise(10));
    let (a, b) = (place.at("a"), place.at("x/b"));
    let body = form(&[
        ("other", "", b"passed over"),
        ("file", a.to_str().unwrap(), &one),
        ("file", b.to_str().unwrap(), &two),
    ]);
    let reply = place.call("POST", "/files", &[FORM], &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(fs::read(&a).unwrap(), one);
    assert_eq!(fs::read(&b).unwrap(), two);
    let told: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(told[1]["path"], b.to_str().unwrap());

    let reply = place.call(
        "POST",
        &place.url("given"),
        &[FORM],
        &form(&[("file", "/x", b"1")]),
    );
    assert_eq!(reply.status, 200);
    assert_eq!(fs::read(place.at("given")).unwrap(), b"1");
    for bad in [
        form(&[]),
        form(&[("other", "/x", b"")]),
        body[..body.len() - 20].to_vec(),
        form(&[("file", "/a", b""), ("file", "/b", b"")]),
        b"no form".to_vec(),
    ] {
        let reply = place.call("POST", &place.url("bad"), &[FORM], &bad);
        assert_eq!(reply.status, 400, "{}", reply.text());
    }
    assert!(!place.at("b").exists());
}

#[test]
fn gzip_goes_both_ways() {
    let place = Place::new();
    let text = b"all work and no play\n".repeat(50_000);
    let encoded = [("content-encoding", "gzip")];
    assert_eq!(place.put("text", &encoded, &gzip(&text)).status, 200);
    assert!(fs::read(place.at("text")).unwrap() == text);
    let packed = gzip(&text);
    for bad in [
        &packed[..packed.len() - 3],
        b"no gzip",
        b"",
        &[&packed[..], b"more"].concat(),
    ] {
        let reply = place.put("bad", &encoded, bad);
        assert_eq!(reply.status, 400, "{}", reply.text());
    }
    assert_eq!(
        place.put("bad", &[("content-encoding", "br")], b"").status,
        415
    );
    assert_eq!(place.names(), ["text"]);

    let accept = [("accept-encoding", "br, gzip")];
    let reply = place.get("text", &accept);
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert!(!reply.broken && reply.body.len() < text.len() / 10);
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&reply.body[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert!(unpacked == text);
    // What does not shrink, what is small and what is a part is sent as it is.
    fs::write(place.at("noise"), noise(100_000)).unwrap();
    fs::write(place.at("small"), "aaaaaaaaaaaa").unwrap();
    for (name, range) in [
        ("noise", None),
        ("small", None),
        ("text", Some(("range", "bytes=0-9999"))),
    ] {
        let headers: Vec<_> = accept.into_iter().chain(range).collect();
        let reply = place.get(name, &headers);
        assert_eq!(reply.header("content-encoding"), None, "{name}");
        assert_eq!(
            reply.header("content-length"),
            Some(&*reply.body.len().to_string())
        );
    }
}

#[test]
fn ranges_give_parts() {
    let place = Place::new();
    fs::write(place.at("file"), "0123456789").unwrap();
    fs::write(place.at("empty"), "").unwrap();
    for (range, status, body, said) in [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=0-99", 206, "0123456789", "bytes 0-9/10"),
    ] {
        let reply = place.get("file", &[("range", range)]);
        assert_eq!((reply.status, &*reply.text()), (status, body));
        assert_eq!(reply.header("content-range"), Some(said));
    }
    let reply = place.get("file", &[("range", "bytes=10-")]);
    assert_eq!(reply.status, 416);
    assert_eq!(reply.header("content-range"), Some("bytes */10"));
    assert_eq!(place.get("empty", &[("range", "bytes=0-")]).status, 416);
    for whole in ["bytes=3-2", "x", "bytes=0-1,4-5"] {
        assert_eq!(place.get("file", &[("range", whole)]).status, 200);
    }
    let unsure = [("range", "bytes=2-4"), ("if-range", "\"x\"")];
    assert_eq!(place.get("file", &unsure).text(), "0123456789");
}

#[test]
fn heads_have_no_body() {
    let place = Place::new();
    fs::write(place.at("file"), "0123456789").unwrap();
    let reply = place.call("HEAD", &place.url("file"), &[], b"");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), Some("10"));
    assert_eq!(place.call("HEAD", &place.url("no"), &[], b"").status, 404);
}

#[test]
fn refusals_say_why() {
    let place = Place::new();
    fs::write(place.at("file"), "x").unwrap();
    fs::write(place.at("closed"), "x").unwrap();
    fs::set_permissions(place.at("closed"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let of = |path: &str| format!("/files?path={path}");
    let mut cases = vec![
        ("GET", place.url("no"), 404),
        ("GET", place.url(""), 400),
        ("GET", of("/dev/null"), 400),
        ("GET", of(""), 400),
        ("GET", "/files".to_owned(), 400),
        ("GET", of("%00"), 400),
        ("GET", place.url("file/x"), 400),
        ("POST", place.url(""), 400),
        ("POST", place.url("file/x"), 400),
        ("POST", of("/dev/null"), 400),
        ("POST", of(""), 400),
        ("POST", of(&format!("/tmp/{}", "x".repeat(300))), 400),
        (
            "GET",
            format!("{}&username=no-such", place.url("file")),
            400,
        ),
        ("PUT", place.url("file"), 405),
        ("POST", of("/proc/no"), 404),
    ];
    if nix::unistd::geteuid().is_root() {
        cases.push((
            "GET",
            format!("{}&username=nobody", place.url("closed")),
            403,
        ));
        cases.push(("POST", format!("{}&username=nobody", place.url("new")), 403));
        cases.push((
            "POST",
            format!("{}&username=nobody", place.url("file")),
            403,
        ));
    }
    for (method, url, status) in cases {
        let headers = if method == "POST" { &[RAW][..] } else { &[] };
        let reply = place.call(method, &url, headers, b"new");
        assert_eq!(reply.status, status, "{method} {url} {}", reply.text());
        let said: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(said["code"], status);
        assert!(said["message"].as_str().is_some_and(|m| !m.is_empty()));
    }
    let text = [("content-type", "text/plain")];
    assert_eq!(
        place.call("POST", &place.url("file"), &text, b"").status,
        415
    );
    let url = place.url("file");
    assert_eq!(
        plain::request(place.agent.address, "GET", &url, &[], b"").status,
        401
    );
    assert_eq!(place.names(), ["closed", "file"]);
    assert_eq!(fs::read(place.at("file")).unwrap(), b"x");
}

#[test]
fn files_of_the_kernel_come_whole() {
    let place = Place::new();
    let reply = place.call("GET", "/files?path=/proc/version", &[], b"");
    assert_eq!((reply.status, reply.broken), (200, false));
    assert_eq!(reply.body, fs::read("/proc/version").unwrap());
}

#[test]
fn replaced_files_keep_mode_owner_and_link() {
    let place = Place::new();
    fs::write(place.at("file"), "old").unwrap();
    fs::set_permissions(place.at("file"), fs::Permissions::from_mode(0o751)).unwrap();
    symlink("file", place.at("link")).unwrap();
    assert_eq!(place.put("link", &[], b"new").status, 200);
    assert!(place.at("link").is_symlink());
    let found = fs::metadata(place.at("file")).unwrap();
    assert_eq!(found.mode() & 0o7777, 0o751);
    assert_eq!(fs::read(place.at("file")).unwrap(), b"new");
    assert_eq!(place.put("other", &[], b"").status, 200);
    assert_eq!(
        fs::metadata(place.at("other")).unwrap().mode() & 0o7777,
        0o644
    );
    if nix::unistd::geteuid().is_root() {
        fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let url = format!("{}&username=nobody", place.url("a/b"));
        assert_eq!(place.call("POST", &url, &[RAW], b"").status, 200);
        let nobody = fs::metadata(place.at("a/b")).unwrap().uid();
        assert_ne!(nobody, 0);
        assert_eq!(fs::metadata(place.at("a")).unwrap().uid(), nobody);
        assert_eq!(place.put("a/b", &[], b"of root").status, 200);
        assert_eq!(fs::metadata(place.at("a/b")).unwrap().uid(), nobody);
    }
}

#[tokio::test]
async fn metadata_stays_with_the_file() {
    let place = Place::new();
    let headers = [("X-Metadata-Author", "ada"), ("x-metadata-kind", "a b")];
    let reply = place.put("file", &headers, b"x");
    if reply.status == 400 && reply.text().contains("no metadata on this file system") {
        assert!(place.names().is_empty());
        return;
    }
    assert!(
        reply
            .text()
            .contains(r#""metadata":{"author":"ada","kind":"a b"}"#),
        "{}",
        reply.text()
    );
    let client = place.agent.files(connectrpc::CodecFormat::Json);
    let stat = || envd::proto::filesystem::StatRequest {
        path: place.at("file").to_str().unwrap().to_owned(),
        ..Default::default()
    };
    let entry = client
        .stat(stat())
        .await
        .unwrap()
        .into_owned()
        .entry
        .into_option()
        .unwrap();
    assert_eq!(entry.metadata.len(), 2);
    assert_eq!(entry.metadata["author"], "ada");
    // Each upload says all that there is to say.
    assert_eq!(place.put("file", &[], b"x").status, 200);
    let entry = client
        .stat(stat())
        .await
        .unwrap()
        .into_owned()
        .entry
        .into_option()
        .unwrap();
    assert!(entry.metadata.is_empty());
    let large = "x".repeat(5000);
    assert_eq!(
        place.put("file", &[("x-metadata-a", &large)], b"").status,
        400
    );
}
