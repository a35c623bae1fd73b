//! Watching folders over the wire.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::Agent;
use connectrpc::client::{CallOptions, HttpClient};
use connectrpc::{CodecFormat, ConnectError, ErrorCode};
use envd::proto::filesystem::watch_dir_response::Event;
use envd::proto::filesystem::{
    CreateWatcherRequest, EventType, FilesystemClient, FilesystemEvent, GetWatcherEventsRequest,
    RemoveWatcherRequest, WatchDirRequest,
};
use tempfile::TempDir;

type Client = FilesystemClient<HttpClient>;

const CREATE: EventType = EventType::EVENT_TYPE_CREATE;
const WRITE: EventType = EventType::EVENT_TYPE_WRITE;
const REMOVE: EventType = EventType::EVENT_TYPE_REMOVE;
const RENAME: EventType = EventType::EVENT_TYPE_RENAME;
const CHMOD: EventType = EventType::EVENT_TYPE_CHMOD;

fn setting() -> (Agent, Client, TempDir) {
    let agent = Agent::ready();
    let client = agent.files(CodecFormat::Json);
    (agent, client, tempfile::tempdir().unwrap())
}

fn request(path: &Path, recursive: bool) -> WatchDirRequest {
    WatchDirRequest {
        path: path.to_str().unwrap().to_owned(),
        recursive,
        ..Default::default()
    }
}

/// Begins to watch, does `work`, and reads until `last` happened or the stream ended.
async fn during(
    client: &Client,
    request: WatchDirRequest,
    work: impl FnOnce(),
    last: (&str, EventType),
) -> Vec<FilesystemEvent> {
    let mut stream = client.watch_dir(request).await.unwrap();
    let first = stream.message().await.unwrap().unwrap();
    let first = first.to_owned_message().event.unwrap();
    assert!(matches!(first, Event::Start(_)), "{first:?}");
    work();
    let mut events = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        if let Some(Event::Filesystem(event)) = message.to_owned_message().event {
            let is_last = event.name == last.0 && event.r#type.as_known() == Some(last.1);
            events.push(*event);
            if is_last {
                break;
            }
        }
    }
    events
}

fn short(events: &[FilesystemEvent]) -> Vec<(&str, EventType)> {
    let short = |event: &'_ FilesystemEvent| event.r#type.as_known().unwrap();
    events
        .iter()
        .map(|event| (event.name.as_str(), short(event)))
        .collect()
}

#[tokio::test]
async fn everything_that_happens_is_told_in_order() {
    let (_agent, client, folder) = setting();
    let at = |name: &str| folder.path().join(name);
    let work = || {
        fs::write(at("a"), "x").unwrap();
        fs::set_permissions(at("a"), fs::metadata("/etc/passwd").unwrap().permissions()).unwrap();
        fs::rename(at("a"), at("b")).unwrap();
        fs::create_dir(at("sub")).unwrap();
        fs::write(at("sub/unseen"), "x").unwrap();
        fs::remove_file(at("b")).unwrap();
    };
    let events = during(&client, request(folder.path(), false), work, ("b", REMOVE)).await;
    let expected = [
        ("a", CREATE),
        ("a", WRITE),
        ("a", CHMOD),
        ("a", RENAME),
        ("b", CREATE),
        ("sub", CREATE),
        ("b", REMOVE),
    ];
    assert_eq!(short(&events), expected);
    assert!(events.iter().all(|event| event.entry.as_option().is_none()));
}

#[tokio::test]
async fn new_folders_are_watched_as_well_and_told_of_once() {
    let (_agent, client, folder) = setting();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("old/deep")).unwrap();
    let work = || {
        fs::create_dir_all(at("new/deep")).unwrap();
        fs::write(at("new/deep/file"), "x").unwrap();
        fs::write(at("old/deep/file"), "x").unwrap();
        fs::rename(at("old"), at("moved")).unwrap();
        fs::write(at("moved/deep/last"), "x").unwrap();
    };
    let last = ("moved/deep/last", WRITE);
    let events = during(&client, request(folder.path(), true), work, last).await;
    let events = short(&events);
    for expected in [
        ("new", CREATE),
        ("new/deep", CREATE),
        ("new/deep/file", CREATE),
        ("new/deep/file", WRITE),
        ("old/deep/file", CREATE),
        ("old/deep/file", WRITE),
        ("old", RENAME),
        ("moved", CREATE),
        ("moved/deep/last", CREATE),
    ] {
        let count = events.iter().filter(|event| **event == expected).count();
        // A write while its folder is being found may be told of twice, but never not at all.
        let most = if expected.1 == WRITE { 2 } else { 1 };
        assert!((1..=most).contains(&count), "{expected:?} in {events:?}");
    }
}

#[tokio::test]
async fn entries_come_with_events_when_asked_for() {
    let (_agent, client, folder) = setting();
    let mut wish = request(folder.path(), false);
    wish.include_entry = true;
    let work = || {
        fs::write(folder.path().join("kept"), "12").unwrap();
        fs::write(folder.path().join("gone"), "").unwrap();
        fs::remove_file(folder.path().join("gone")).unwrap();
    };
    let events = during(&client, wish, work, ("gone", REMOVE)).await;
    // At the first one, its making, the two bytes may not have been there.
    let kept = events.iter().rfind(|event| event.name == "kept").unwrap();
    assert_eq!(kept.entry.as_option().unwrap().size, 2);
    let mut gone = events.iter().filter(|event| event.name == "gone");
    assert!(gone.next_back().unwrap().entry.as_option().is_none());
}

#[tokio::test]
async fn a_watch_ends_with_its_folder() {
    let (_agent, client, folder) = setting();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let work = || fs::remove_dir(&inner).unwrap();
    let events = during(&client, request(&inner, true), work, ("never", CREATE)).await;
    assert_eq!(short(&events), [("", REMOVE)]);
}

#[tokio::test]
async fn a_quiet_watch_shows_that_it_lives() {
    let (_agent, client, folder) = setting();
    let options = CallOptions::default()
        .with_header("keepalive-ping-interval", "1")
        .with_timeout(Duration::from_secs(60));
    let call = client.watch_dir_with_options(request(folder.path(), false), options);
    let mut stream = call.await.unwrap();
    let mut kinds = Vec::new();
    while kinds.len() < 2 {
        let message = stream.message().await.unwrap().unwrap();
        kinds.push(message.to_owned_message().event.unwrap());
    }
    assert!(matches!(kinds[..], [Event::Start(_), Event::Keepalive(_)]));
}

async fn fetch(client: &Client, id: &str) -> Result<Vec<FilesystemEvent>, ConnectError> {
    let request = GetWatcherEventsRequest {
        watcher_id: id.to_owned(),
        ..Default::default()
    };
    Ok(client
        .get_watcher_events(request)
        .await?
        .into_owned()
        .events)
}

async fn create(client: &Client, path: &Path) -> Result<String, ConnectError> {
    let request = CreateWatcherRequest {
        path: path.to_str().unwrap().to_owned(),
        recursive: true,
        ..Default::default()
    };
    Ok(client
        .create_watcher(request)
        .await?
        .into_owned()
        .watcher_id)
}

async fn end(client: &Client, id: &str) -> Result<(), ConnectError> {
    let request = RemoveWatcherRequest {
        watcher_id: id.to_owned(),
        ..Default::default()
    };
    client.remove_watcher(request).await.map(|_| ())
}

#[tokio::test]
async fn polled_watchers_keep_what_happened_until_asked() {
    let (_agent, client, folder) = setting();
    let id = create(&client, folder.path()).await.unwrap();
    assert!(fetch(&client, &id).await.unwrap().is_empty());
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/file"), "x").unwrap();
    let mut events = Vec::new();
    while !short(&events).contains(&("sub/file", WRITE)) {
        events.extend(fetch(&client, &id).await.unwrap());
    }
    assert_eq!(short(&events)[0], ("sub", CREATE));
    end(&client, &id).await.unwrap();
    for code in [
        fetch(&client, &id).await.unwrap_err().code,
        end(&client, &id).await.unwrap_err().code,
    ] {
        assert_eq!(code, ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn the_number_of_polled_watchers_is_bounded() {
    let (_agent, client, folder) = setting();
    let mut ids = Vec::new();
    let refused = loop {
        match create(&client, folder.path()).await {
            Ok(id) => ids.push(id),
            Err(e) => break e,
        }
    };
    assert_eq!(refused.code, ErrorCode::ResourceExhausted);
    assert!((16..=64).contains(&ids.len()), "{}", ids.len());
    end(&client, &ids[0]).await.unwrap();
    create(&client, folder.path()).await.unwrap();
}

#[tokio::test]
async fn lost_events_are_told() {
    let (_agent, client, folder) = setting();
    let id = create(&client, folder.path()).await.unwrap();
    for number in 0..5000 {
        fs::create_dir(folder.path().join(number.to_string())).unwrap();
    }
    let lost = loop {
        // Until the agent has read them all, there may be events.
        match fetch(&client, &id).await {
            Ok(events) if events.is_empty() => {}
            Ok(events) => assert!(events.len() <= 4096),
            Err(e) => break e,
        }
        for number in 0..5000 {
            let _ = fs::remove_dir(folder.path().join(number.to_string()));
            let _ = fs::create_dir(folder.path().join(number.to_string()));
        }
    };
    assert_eq!(lost.code, ErrorCode::ResourceExhausted);
}

#[tokio::test]
async fn only_folders_are_watched() {
    let (_agent, client, folder) = setting();
    fs::write(folder.path().join("file"), "").unwrap();
    for (name, code) in [
        ("file", ErrorCode::InvalidArgument),
        ("no", ErrorCode::NotFound),
    ] {
        let refused = create(&client, &folder.path().join(name)).await;
        assert_eq!(refused.unwrap_err().code, code);
    }
}
