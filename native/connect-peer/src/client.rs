//! The client: runs one scenario and prints what arrives, one JSON object per line.

use connectrpc::client::{CallOptions, ClientConfig, HttpClient};
use connectrpc::{CodecFormat, ConnectError};
use serde_json::{Value, json};

use crate::padding;
use crate::proto::wrenn::peer::v1::{PeerClient, StreamRequest, UnaryRequest};
use crate::scenario::{Call, Scenario};

struct Arguments {
    url: String,
    scenario: Scenario,
    codec: CodecFormat,
}

/// Runs the scenario that `args` name.
pub async fn run(args: &[String]) -> Result<(), String> {
    let Arguments {
        url,
        scenario,
        codec,
    } = parse(args)?;
    let uri = url.parse().map_err(|e| format!("{url}: {e}"))?;
    let config = ClientConfig::new(uri).with_codec_format(codec);
    let client = PeerClient::new(HttpClient::plaintext(), config);
    let mut options = CallOptions::default()
        .with_header("x-peer", "connectrpc")
        .with_max_message_size(2 * padding::MAX);
    if let Some(timeout) = scenario.timeout {
        options = options.with_timeout(timeout);
    }
    let ended = match scenario.call {
        Call::Unary(request) => unary(&client, request, options).await,
        Call::Stream {
            request,
            leave_after,
        } => stream(&client, request, options, leave_after).await,
    };
    match ended {
        Ok(line) => print(&line),
        Err(e) => print(&json!({
            "kind": "end",
            "code": e.code.as_str(),
            "message": e.message.as_deref().unwrap_or_default(),
        })),
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Arguments, String> {
    let usage = || crate::USAGE.to_owned();
    let [url, name, options @ ..] = args else {
        return Err(usage());
    };
    let mut codec = CodecFormat::Proto;
    let mut text = "hello";
    for pair in options.chunks(2) {
        match pair {
            [flag, value] if flag == "--codec" && value == "json" => codec = CodecFormat::Json,
            [flag, value] if flag == "--codec" && value == "proto" => codec = CodecFormat::Proto,
            [flag, value] if flag == "--text" => text = value,
            _ => return Err(usage()),
        }
    }
    let scenario = Scenario::parse(name, text).ok_or_else(|| format!("no scenario {name}"))?;
    Ok(Arguments {
        url: url.clone(),
        scenario,
        codec,
    })
}

async fn unary(
    client: &PeerClient<HttpClient>,
    request: UnaryRequest,
    options: CallOptions,
) -> Result<Value, ConnectError> {
    let response = client.unary_with_options(request, options).await?;
    let message = response.into_owned();
    print(&json!({
        "kind": "message",
        "text": message.text,
        "size": message.padding.len(),
        "padding_ok": padding::is_whole(&message.padding),
        "remaining_ms": message.remaining_ms,
        "header": message.header,
    }));
    Ok(json!({"kind": "end"}))
}

async fn stream(
    client: &PeerClient<HttpClient>,
    request: StreamRequest,
    options: CallOptions,
    leave_after: Option<usize>,
) -> Result<Value, ConnectError> {
    let mut stream = client.stream_with_options(request, options).await?;
    let mut seen = 0;
    while let Some(message) = stream.message().await? {
        let message = message.to_owned_message();
        print(&json!({
            "kind": "message",
            "text": message.text,
            "index": message.index,
            "size": message.padding.len(),
            "padding_ok": padding::is_whole(&message.padding),
        }));
        seen += 1;
        if leave_after == Some(seen) {
            return Ok(json!({"kind": "end", "canceled": true}));
        }
    }
    Ok(json!({"kind": "end"}))
}

fn print(line: &Value) {
    println!("{line}");
}
