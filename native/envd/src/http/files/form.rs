//! Uploads as a form: the parts named `file` of `multipart/form-data` (RFC 7578).

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use multer::{Constraints, Field, Multipart};

use super::TransferError;

/// The form in `pieces`. Of no part is more than a piece in memory.
pub fn parse<'a, S>(boundary: &str, pieces: S) -> Multipart<'a>
where
    S: Stream<Item = Result<Bytes, TransferError>> + Send + 'a,
{
    Multipart::with_constraints(pieces, boundary, Constraints::default())
}

/// The next part that is a file; others are passed over.
pub async fn next_file<'a>(form: &mut Multipart<'a>) -> Result<Option<Field<'a>>, TransferError> {
    while let Some(field) = form.next_field().await.map_err(of)? {
        if field.name() == Some("file") {
            return Ok(Some(field));
        }
    }
    Ok(None)
}

/// The data of a part.
pub fn data<'a>(field: Field<'a>) -> impl Stream<Item = Result<Bytes, TransferError>> + Unpin + 'a {
    field.map_err(of)
}

fn of(error: multer::Error) -> TransferError {
    match error {
        multer::Error::StreamReadFailed(e) => TransferError::Broken(e.to_string()),
        other => TransferError::Bad(format!("the form is not valid: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, stream};
    use proptest::prelude::*;

    use super::*;

    type File = (Option<String>, Vec<u8>);

    /// The files of a body that arrives in pieces of `size` bytes: names and contents.
    fn files(body: &[u8], size: usize) -> Result<Vec<File>, TransferError> {
        let pieces: Vec<_> = body
            .chunks(size.max(1))
            .map(Bytes::copy_from_slice)
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut form = parse("edge", stream::iter(pieces.into_iter().map(Ok)));
            let mut files = Vec::new();
            while let Some(field) = next_file(&mut form).await? {
                let name = field.file_name().map(str::to_owned);
                let mut content = Vec::new();
                let mut data = data(field);
                while let Some(piece) = data.next().await {
                    content.extend(piece?);
                }
                files.push((name, content));
            }
            Ok(files)
        })
    }

    fn form(content: &[u8]) -> Vec<u8> {
        let mut body =
            b"--edge\r\ncontent-disposition: form-data; name=\"path\"\r\n\r\n/x\r\n".to_vec();
        body.extend(
            b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"/a b\"\r\n\r\n",
        );
        body.extend(content);
        body.extend(b"\r\n--edge--\r\n");
        body
    }

    #[test]
    fn a_form_that_is_cut_off_anywhere_is_refused() {
        let body = form(b"content");
        // The last line end may be missing.
        for end in 0..body.len() - 2 {
            assert!(files(&body[..end], 7).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn contents_come_through_however_they_arrive(
            content in proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'e'), Just(b'd'), any::<u8>()], 0..200),
            size in 1usize..40,
        ) {
            let has_edge = content.windows(8).any(|w| w == b"\r\n--edge");
            if !has_edge {
                let found = files(&form(&content), size).unwrap();
                prop_assert_eq!(found, vec![(Some("/a b".to_owned()), content)]);
            }
        }

        #[test]
        fn any_body_is_read(body in "(--edge|\r\n|file|name|[a-z\";:=-])*", size in 1usize..40) {
            let _ = files(body.as_bytes(), size);
        }
    }
}
