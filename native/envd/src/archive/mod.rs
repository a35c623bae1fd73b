//! Folders as tar streams: many small files in one request.
//!
//! The reader and writer of the format block, so an archive holds a thread from its first to its
//! last byte; [`bridge`] connects that thread to the connection. The number of archives at a time
//! is bounded, and a peer that stops for [`bridge::IDLE`] loses its place.

mod beneath;
pub mod bridge;
pub mod pack;
pub mod unpack;
