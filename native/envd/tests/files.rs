//! The file service over the wire.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::Agent;
use connectrpc::client::{CallOptions, HttpClient};
use connectrpc::{CodecFormat, ConnectError, ErrorCode};
use envd::proto::filesystem::{
    EntryInfo, FileType, FilesystemClient, ListDirRequest, MakeDirRequest, MoveRequest,
    RemoveRequest, StatRequest,
};
use tempfile::TempDir;

type Client = FilesystemClient<HttpClient>;

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

async fn stat(client: &Client, path: &str) -> Result<EntryInfo, ConnectError> {
    let request = StatRequest {
        path: path.to_owned(),
        ..Default::default()
    };
    let answer = client.stat(request).await?.into_owned();
    Ok(answer.entry.into_option().unwrap())
}

async fn list(client: &Client, path: &str, depth: u32) -> Result<Vec<EntryInfo>, ConnectError> {
    let request = ListDirRequest {
        path: path.to_owned(),
        depth,
        ..Default::default()
    };
    Ok(client.list_dir(request).await?.into_owned().entries)
}

async fn make_dir(client: &Client, path: &str) -> Result<EntryInfo, ConnectError> {
    let request = MakeDirRequest {
        path: path.to_owned(),
        ..Default::default()
    };
    let answer = client.make_dir(request).await?.into_owned();
    Ok(answer.entry.into_option().unwrap())
}

async fn rename(client: &Client, from: &str, to: &str) -> Result<EntryInfo, ConnectError> {
    let request = MoveRequest {
        source: from.to_owned(),
        destination: to.to_owned(),
        ..Default::default()
    };
    let answer = client.r#move(request).await?.into_owned();
    Ok(answer.entry.into_option().unwrap())
}

async fn remove(client: &Client, path: &str) -> Result<(), ConnectError> {
    let request = RemoveRequest {
        path: path.to_owned(),
        ..Default::default()
    };
    client.remove(request).await.map(|_| ())
}

fn refused<T: std::fmt::Debug>(result: Result<T, ConnectError>, code: ErrorCode) {
    assert_eq!(result.unwrap_err().code, code);
}

/// An agent with a client, and a folder.
fn setting() -> (Agent, Client, TempDir) {
    let agent = Agent::ready();
    let client = agent.files(CodecFormat::Proto);
    (agent, client, tempfile::tempdir().unwrap())
}

#[tokio::test]
async fn stat_tells_all_about_files_folders_and_links() {
    let (agent, _, folder) = setting();
    let file = folder.path().join("file");
    fs::write(&file, "12345").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("file", folder.path().join("link")).unwrap();
    symlink("nowhere", folder.path().join("lost")).unwrap();
    for codec in [CodecFormat::Json, CodecFormat::Proto] {
        let client = agent.files(codec);
        let entry = stat(&client, &text(&file)).await.unwrap();
        assert_eq!(entry.name, "file");
        assert_eq!(entry.path, text(&file));
        assert_eq!(entry.r#type.as_known(), Some(FileType::FILE_TYPE_FILE));
        assert_eq!((entry.size, entry.mode), (5, 0o640));
        assert_eq!(entry.permissions, "-rw-r-----");
        assert!(!entry.owner.is_empty() && !entry.group.is_empty());
        assert!(entry.modified_time.as_option().unwrap().seconds > 1_600_000_000);
        assert_eq!(entry.symlink_target, None);

        let link = stat(&client, &text(&folder.path().join("link")))
            .await
            .unwrap();
        assert_eq!(link.r#type.as_known(), Some(FileType::FILE_TYPE_FILE));
        assert_eq!(link.symlink_target.as_deref(), Some("file"));
        let lost = stat(&client, &text(&folder.path().join("lost")))
            .await
            .unwrap();
        assert_eq!(lost.r#type.as_known(), Some(FileType::FILE_TYPE_SYMLINK));

        let root = stat(&client, "/").await.unwrap();
        assert_eq!((root.name.as_str(), root.path.as_str()), ("/", "/"));
    }
}

#[test]
fn json_has_the_form_that_clients_know() {
    let (agent, _, folder) = setting();
    fs::write(folder.path().join("a"), "xyz").unwrap();
    let body = format!(r#"{{"path":"{}","depth":1}}"#, folder.path().display());
    let headers = [
        ("x-access-token", common::TOKEN),
        ("content-type", "application/json"),
        ("connect-protocol-version", "1"),
    ];
    let call = |method: &str, body: &str| {
        agent.http(
            "POST",
            &format!("/filesystem.Filesystem/{method}"),
            &headers,
            body,
        )
    };
    let (status, answer) = call("ListDir", &body);
    assert_eq!(status, 200);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let entry = &answer["entries"][0];
    assert_eq!(entry["type"], "FILE_TYPE_FILE");
    assert_eq!(entry["size"], "3");
    assert!(entry["modifiedTime"].as_str().unwrap().ends_with('Z'));
    assert!(entry.get("symlinkTarget").is_none());
    for (path, status, code) in [
        ("/no/such", 404, "not_found"),
        ("", 400, "invalid_argument"),
        ("/etc/passwd", 400, "invalid_argument"),
    ] {
        let (got, answer) = call("ListDir", &format!(r#"{{"path":"{path}"}}"#));
        assert_eq!(got, status, "{answer}");
        assert!(answer.contains(&format!(r#""code":"{code}""#)), "{answer}");
    }
    let made = format!(r#"{{"path":"{}"}}"#, folder.path().display());
    assert_eq!(call("MakeDir", &made).0, 409);
    let no_token = agent.http("POST", "/filesystem.Filesystem/Stat", &headers[1..], "{}");
    assert_eq!(no_token.0, 401);
}

#[tokio::test]
async fn lists_are_sorted_and_as_deep_as_asked() {
    let (_agent, client, folder) = setting();
    fs::create_dir_all(folder.path().join("b/c/d")).unwrap();
    for file in ["z", "a", "b/2", "b/c/1"] {
        fs::write(folder.path().join(file), "").unwrap();
    }
    symlink("b", folder.path().join("link")).unwrap();
    let names = |entries: Vec<EntryInfo>| -> Vec<String> {
        let root = text(folder.path());
        let relative = |e: EntryInfo| e.path.strip_prefix(&root).unwrap()[1..].to_owned();
        entries.into_iter().map(relative).collect()
    };
    let path = text(folder.path());
    let one = ["a", "b", "link", "z"];
    assert_eq!(names(list(&client, &path, 0).await.unwrap()), one);
    assert_eq!(names(list(&client, &path, 1).await.unwrap()), one);
    let two = ["a", "b", "b/2", "b/c", "link", "z"];
    assert_eq!(names(list(&client, &path, 2).await.unwrap()), two);
    let all = ["a", "b", "b/2", "b/c", "b/c/1", "b/c/d", "link", "z"];
    assert_eq!(names(list(&client, &path, u32::MAX).await.unwrap()), all);
    let through = list(&client, &format!("{path}/link"), 1).await.unwrap();
    assert_eq!(names(through), ["link/2", "link/c"]);
    assert!(
        list(&client, &format!("{path}/b/c/d"), 1)
            .await
            .unwrap()
            .is_empty()
    );
    refused(
        list(&client, &format!("{path}/a"), 1).await,
        ErrorCode::InvalidArgument,
    );
    refused(
        list(&client, &format!("{path}/no"), 1).await,
        ErrorCode::NotFound,
    );
    let devices = list(&client, "/dev", 1).await.unwrap();
    let null = devices.iter().find(|e| e.name == "null").unwrap();
    assert_eq!(null.r#type.as_known(), Some(FileType::FILE_TYPE_FILE));
}

#[tokio::test]
async fn folders_are_made_once() {
    let (_agent, client, folder) = setting();
    let deep = text(&folder.path().join("a/b/c"));
    let entry = make_dir(&client, &deep).await.unwrap();
    assert_eq!(entry.path, deep);
    assert_eq!(entry.r#type.as_known(), Some(FileType::FILE_TYPE_DIRECTORY));
    refused(make_dir(&client, &deep).await, ErrorCode::AlreadyExists);
    refused(make_dir(&client, "/").await, ErrorCode::AlreadyExists);
    fs::write(folder.path().join("file"), "").unwrap();
    symlink("lost", folder.path().join("link")).unwrap();
    for bad in ["file", "file/x", "file/x/y", "link"] {
        let path = text(&folder.path().join(bad));
        refused(make_dir(&client, &path).await, ErrorCode::InvalidArgument);
    }
    let calls = (0..8).map(|_| make_dir(&client, "/tmp/.."));
    for result in futures::future::join_all(calls).await {
        refused(result, ErrorCode::AlreadyExists);
    }
    let new = text(&folder.path().join("race"));
    let calls = futures::future::join_all((0..8).map(|_| make_dir(&client, &new))).await;
    assert_eq!(calls.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test]
async fn moving_overwrites_nothing() {
    let (_agent, client, folder) = setting();
    let at = |name: &str| text(&folder.path().join(name));
    fs::write(at("one"), "1").unwrap();
    fs::write(at("two"), "2").unwrap();
    fs::create_dir(at("folder")).unwrap();
    symlink("lost", at("link")).unwrap();
    for taken in ["two", "folder", "link", "one"] {
        refused(
            rename(&client, &at("one"), &at(taken)).await,
            ErrorCode::AlreadyExists,
        );
    }
    refused(
        rename(&client, &at("no"), &at("x")).await,
        ErrorCode::NotFound,
    );
    refused(
        rename(&client, &at("folder"), &at("folder/in")).await,
        ErrorCode::InvalidArgument,
    );
    refused(
        rename(&client, "/", &at("root")).await,
        ErrorCode::InvalidArgument,
    );
    refused(
        rename(&client, &at("one"), &at("two/x")).await,
        ErrorCode::InvalidArgument,
    );
    let entry = rename(&client, &at("one"), &at("new/deep/one"))
        .await
        .unwrap();
    assert_eq!(entry.path, at("new/deep/one"));
    rename(&client, &at("folder"), &at("moved")).await.unwrap();
    assert!(fs::metadata(at("moved")).unwrap().is_dir());
    assert_eq!(fs::read(at("two")).unwrap(), b"2");
    assert!(!Path::new(&at("one")).exists());
}

#[tokio::test]
async fn removing_takes_the_tree_and_never_what_links_lead_to() {
    let (_agent, client, folder) = setting();
    let at = |name: &str| text(&folder.path().join(name));
    fs::create_dir_all(at("tree/deep")).unwrap();
    fs::create_dir(at("kept")).unwrap();
    fs::write(at("kept/file"), "").unwrap();
    symlink("../kept", at("tree/link")).unwrap();
    symlink("kept", at("link")).unwrap();
    remove(&client, &at("tree")).await.unwrap();
    remove(&client, &at("link")).await.unwrap();
    assert!(Path::new(&at("kept/file")).exists());
    assert!(!Path::new(&at("tree")).exists() && !folder.path().join("link").is_symlink());
    refused(remove(&client, &at("tree")).await, ErrorCode::NotFound);
    for system in ["/", "/proc", "/dev", "/proc/..", "/dev/../proc"] {
        refused(remove(&client, system).await, ErrorCode::InvalidArgument);
    }
    remove(&client, &at("kept/file")).await.unwrap();
}

#[tokio::test]
async fn bad_paths_are_refused_everywhere() {
    let (_agent, client, folder) = setting();
    fs::write(folder.path().join("file"), "").unwrap();
    let through = text(&folder.path().join("file/x"));
    let up = text(&folder.path().join("file/../file"));
    let long = format!("/{}", "x".repeat(300));
    for bad in ["", "\0", "/tmp/\0", &through, &up, &long] {
        refused(stat(&client, bad).await, ErrorCode::InvalidArgument);
        refused(list(&client, bad, 1).await, ErrorCode::InvalidArgument);
        refused(make_dir(&client, bad).await, ErrorCode::InvalidArgument);
        refused(remove(&client, bad).await, ErrorCode::InvalidArgument);
        refused(
            rename(&client, bad, "/tmp/x").await,
            ErrorCode::InvalidArgument,
        );
    }
}

#[tokio::test]
async fn operations_have_the_rights_of_the_user() {
    let (_agent, client, folder) = setting();
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let basic = |user: &str| {
        use base64::Engine;
        let text = base64::prelude::BASE64_STANDARD.encode(format!("{user}:"));
        CallOptions::default().with_header("authorization", format!("Basic {text}"))
    };
    let request = |name: &str| MakeDirRequest {
        path: text(&folder.path().join(name)),
        ..Default::default()
    };
    let nobody = client
        .make_dir_with_options(request("a"), basic("nobody"))
        .await;
    assert_eq!(nobody.unwrap_err().code, ErrorCode::PermissionDenied);
    let unknown = client
        .make_dir_with_options(request("a"), basic("no-such"))
        .await;
    assert_eq!(unknown.unwrap_err().code, ErrorCode::InvalidArgument);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let made = client
        .make_dir_with_options(request("b/c"), basic("nobody"))
        .await;
    let entry = made.unwrap().into_owned().entry.into_option().unwrap();
    assert_eq!(entry.owner, "nobody");
    let parent = stat(&client, &text(&folder.path().join("b")))
        .await
        .unwrap();
    assert_eq!(parent.owner, "nobody");
    // The identity ends with the operation.
    let root = make_dir(&client, &text(&folder.path().join("mine")))
        .await
        .unwrap();
    assert_eq!(root.owner, "root");
}
