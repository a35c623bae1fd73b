//! `GET` and `HEAD /files`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue,
    IF_RANGE, RANGE, VARY,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use rustix::fs::{Mode, OFlags};

use super::range::{Part, part};
use super::respond::{self, Answer};
use super::{CHUNK, Call, TransferError, encoding};
use crate::files::identity::act;
use crate::files::{FilesError, path};

/// Smaller files are sent as they are: a packet is a packet.
const GZIP_MIN: u64 = 2048;
/// What is packed to learn whether packing helps.
const SAMPLE: u64 = 64 << 10;

/// File systems of the kernel: proc, sysfs, cgroup2 (linux/magic.h).
const KERNEL: [u64; 3] = [0x9fa0, 0x6265_6572, 0x6367_7270];

/// Sends the file.
pub async fn answer(call: &Call, head: &Parts) -> Result<Answer, TransferError> {
    let path = call.path()?;
    // Whether the file is still the one of `If-Range` cannot be told: then all of it is right.
    let range = match head.headers.contains_key(IF_RANGE) {
        true => None,
        false => head.headers.get(RANGE),
    };
    let range = range
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let gzip = range.is_none() && encoding::accepts_gzip(&head.headers);
    let opened = act(&call.user, move || open(&path, range.as_deref(), gzip)).await?;
    let opened = match opened {
        Ok(opened) => opened,
        Err(size) => return Ok(unsatisfiable(size)),
    };
    let mut answer = Response::new(respond::nothing());
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    match opened.length {
        Some(length) => drop(headers.insert(CONTENT_LENGTH, length.into())),
        None if opened.source.packer.is_some() => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        None => {}
    }
    if let Some((start, length)) = opened.range {
        let text = format!("bytes {start}-{}/{}", start + length - 1, opened.size);
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(CONTENT_RANGE, value);
        }
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    if head.method != Method::HEAD {
        *answer.body_mut() = respond::flow(opened.source, Source::next);
    }
    Ok(answer)
}

fn unsatisfiable(size: u64) -> Answer {
    let mut answer = respond::error(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "the file has nothing in that range",
    );
    if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
        answer.headers_mut().insert(CONTENT_RANGE, value);
    }
    answer
}

/// A file that can be sent.
struct Opened {
    source: Source,
    size: u64,
    range: Option<(u64, u64)>,
    /// Bytes of the answer, if known before.
    length: Option<u64>,
}

/// What is left to send of a file.
struct Source {
    file: File,
    /// Bytes to come; `None` for as many as there are.
    left: Option<u64>,
    packer: Option<GzEncoder<Vec<u8>>>,
}

/// Opens the file; the inner error is its size when it has nothing in that range.
fn open(path: &Path, range: Option<&str>, gzip: bool) -> Result<Result<Opened, u64>, FilesError> {
    let path = &path::located(path.to_owned())?;
    let failed = |e| FilesError::of(path, e);
    // Opening a device may do something, opening a FIFO may wait.
    let found = std::fs::metadata(path).map_err(failed)?;
    if found.is_dir() {
        return Err(FilesError::invalid(path, "is a folder"));
    }
    if !found.is_file() {
        return Err(FilesError::invalid(path, "is not a regular file"));
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| FilesError::of(path, e))?;
    let mut file = File::from(file);
    let size = file.metadata().map_err(failed)?.len();
    let whole = |file, left, packer, length| Opened {
        source: Source { file, left, packer },
        size,
        range: None,
        length,
    };
    match part(range, size) {
        _ if is_of_kernel(&file) => Ok(Ok(whole(file, None, None, None))),
        Part::Unsatisfiable => Ok(Err(size)),
        Part::Whole if gzip && size >= GZIP_MIN && shrinks(&mut file).map_err(failed)? => {
            let packer = GzEncoder::new(Vec::new(), Compression::fast());
            Ok(Ok(whole(file, None, Some(packer), None)))
        }
        Part::Whole => Ok(Ok(whole(file, Some(size), None, Some(size)))),
        Part::Range { start, length } => {
            file.seek(SeekFrom::Start(start)).map_err(failed)?;
            let mut opened = whole(file, Some(length), None, Some(length));
            opened.range = Some((start, length));
            Ok(Ok(opened))
        }
    }
}

/// Whether this is a file of the kernel, whose size says nothing about its contents.
fn is_of_kernel(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|found| KERNEL.contains(&(found.f_type as u64)))
}

/// Whether the beginning of the file gets a tenth smaller by packing it.
fn shrinks(file: &mut File) -> io::Result<bool> {
    let mut sample = Vec::new();
    file.take(SAMPLE).read_to_end(&mut sample)?;
    file.rewind()?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&sample)?;
    Ok(packer.finish()?.len() < sample.len() / 10 * 9)
}

impl Source {
    /// The next bytes; `None` at the end. Blocks.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let limit = self.left.unwrap_or(u64::MAX).min(CHUNK as u64);
            let mut chunk = Vec::with_capacity(limit as usize);
            (&self.file).take(limit).read_to_end(&mut chunk)?;
            if let Some(left) = &mut self.left {
                if chunk.is_empty() && *left > 0 {
                    return Err(io::Error::other("the file has become shorter"));
                }
                *left -= chunk.len() as u64;
            }
            let Some(packer) = &mut self.packer else {
                return Ok((!chunk.is_empty()).then(|| Bytes::from(chunk)));
            };
            if chunk.is_empty() {
                let rest = self.packer.take().map(GzEncoder::finish).transpose()?;
                self.left = Some(0);
                return Ok(rest.map(Bytes::from));
            }
            packer.write_all(&chunk)?;
            let packed = std::mem::take(packer.get_mut());
            if !packed.is_empty() {
                return Ok(Some(Bytes::from(packed)));
            }
        }
    }
}
