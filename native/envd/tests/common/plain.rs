//! One HTTP/1.1 request over a connection of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the connection ended before the body did.
    pub broken: bool,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Sends `body` with its length.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = head(method, path, headers, body.len());
    stream.write_all(head.as_bytes()).unwrap();
    // The server may answer and close before it has read all.
    let _ = stream.write_all(body);
    reply(stream, method == "HEAD")
}

/// The head of a request whose body has `length` bytes.
pub fn head(method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> String {
    let headers: String = headers
        .iter()
        .map(|(k, v)| format!("{k}: {v}\r\n"))
        .collect();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: envd\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    )
}

/// Reads the answer to the end.
pub fn reply(mut stream: TcpStream, no_body: bool) -> Reply {
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    let split = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let body = answer.split_off(split + 4);
    let mut reply = Reply {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body,
        broken: ended.is_err(),
    };
    if reply.header("transfer-encoding") == Some("chunked") {
        let (body, whole) = join(&reply.body);
        reply.body = body;
        reply.broken |= !whole;
    } else if let Some(length) = reply.header("content-length").filter(|_| !no_body) {
        reply.broken |= length.parse::<usize>().unwrap() != reply.body.len();
    }
    reply
}

/// The chunks as one, and whether the last one is there.
fn join(mut chunks: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let data = &chunks[end + 2..];
        if size == 0 {
            return (body, true);
        }
        body.extend(&data[..size.min(data.len())]);
        if data.len() < size + 2 {
            break;
        }
        chunks = &data[size + 2..];
    }
    (body, false)
}
