//! `POST /files`.

use std::path::{Path, PathBuf};

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::respond::{self, Answer};
use super::writer::{self, Order};
use super::{Call, Pieces, TransferError, encoding, form};
use crate::files::metadata::Metadata;
use crate::files::path;

const METADATA_HEADER: &str = "x-metadata-";

/// A file that was written.
#[derive(Serialize)]
struct Written {
    path: String,
    name: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    metadata: Metadata,
}

/// Writes the file or files of the body.
pub async fn answer(
    call: &Call,
    head: &Parts,
    pieces: &mut Pieces,
) -> Result<Answer, TransferError> {
    let metadata = metadata(&head.headers)?;
    let gzip = encoding::is_gzip(&head.headers)?;
    let written = match kind(&head.headers)? {
        Kind::Raw => {
            let path = call.path()?;
            write(call, path.clone(), &metadata, gzip, pieces).await?;
            vec![told(&path, &metadata)]
        }
        Kind::Form(_) if gzip => {
            return Err(TransferError::Unsupported("a form cannot be compressed"));
        }
        Kind::Form(boundary) => write_form(call, &boundary, &metadata, pieces).await?,
    };
    Ok(respond::json(StatusCode::OK, &written))
}

async fn write_form(
    call: &Call,
    boundary: &str,
    metadata: &Metadata,
    pieces: &mut Pieces,
) -> Result<Vec<Written>, TransferError> {
    // Checked first: a bad path must not cost the whole upload.
    let given = call.path.as_ref().map(|_| call.path()).transpose()?;
    let mut form = form::parse(boundary, pieces);
    let mut written = Vec::new();
    while let Some(field) = form::next_file(&mut form).await? {
        let path = match (&given, field.file_name()) {
            (Some(_), _) if !written.is_empty() => {
                return Err(TransferError::Bad("one path for several files".to_owned()));
            }
            (Some(path), _) => path.clone(),
            (None, Some(name)) => path::absolute(name, &call.user)?,
            (None, None) => return Err(TransferError::Bad("a file has no name".to_owned())),
        };
        write(call, path.clone(), metadata, false, &mut form::data(field)).await?;
        written.push(told(&path, metadata));
    }
    match written.is_empty() {
        true => Err(TransferError::Bad(
            "the form has no part \"file\"".to_owned(),
        )),
        false => Ok(written),
    }
}

async fn write<S>(
    call: &Call,
    path: PathBuf,
    metadata: &Metadata,
    gzip: bool,
    pieces: &mut S,
) -> Result<(), TransferError>
where
    S: futures::Stream<Item = Result<bytes::Bytes, TransferError>> + Unpin,
{
    let order = Order {
        user: call.user.clone(),
        path,
        metadata: metadata.clone(),
        gzip,
    };
    writer::write(order, pieces).await
}

fn told(path: &Path, metadata: &Metadata) -> Written {
    let name = path.file_name().unwrap_or_default();
    Written {
        path: path.display().to_string(),
        name: name.to_string_lossy().into_owned(),
        r#type: "file",
        metadata: metadata.clone(),
    }
}

/// How the body holds its file.
enum Kind {
    /// It is the file.
    Raw,
    /// A form with that boundary.
    Form(String),
}

fn kind(headers: &HeaderMap) -> Result<Kind, TransferError> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(Kind::Raw);
    };
    let value = value.to_str().unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/octet-stream") {
        return Ok(Kind::Raw);
    }
    if essence.eq_ignore_ascii_case("multipart/form-data") {
        let boundary = multer::parse_boundary(value);
        return match boundary {
            Ok(boundary) => Ok(Kind::Form(boundary)),
            Err(_) => Err(TransferError::Bad("the form has no boundary".to_owned())),
        };
    }
    Err(TransferError::Unsupported(
        "content type is neither multipart/form-data nor application/octet-stream",
    ))
}

/// What the headers `X-Metadata-KEY` say; of two with one key, the first counts.
fn metadata(headers: &HeaderMap) -> Result<Metadata, TransferError> {
    let mut metadata = Metadata::new();
    for name in headers.keys() {
        let Some(key) = name.as_str().strip_prefix(METADATA_HEADER) else {
            continue;
        };
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let bad = || TransferError::Bad(format!("metadata {key:?} is not valid"));
        metadata.insert(key.to_owned(), value.ok_or_else(bad)?.to_owned());
    }
    crate::files::metadata::check(&metadata)?;
    Ok(metadata)
}
