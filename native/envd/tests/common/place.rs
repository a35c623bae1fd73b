//! A folder and an agent that moves files in and out of it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::plain::{self, Reply};
use super::{Agent, TOKEN};

pub const RAW: (&str, &str) = ("content-type", "application/octet-stream");

/// An agent and a folder.
pub struct Place {
    pub agent: Agent,
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place {
            agent: Agent::ready(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self, name: &str) -> String {
        format!("/files?path={}", self.at(name).display())
    }

    pub fn call(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let headers = [&[("x-access-token", TOKEN)], headers].concat();
        plain::request(self.agent.address, method, url, &headers, body)
    }

    pub fn get(&self, name: &str, headers: &[(&str, &str)]) -> Reply {
        self.call("GET", &self.url(name), headers, b"")
    }

    pub fn put(&self, name: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.call("POST", &self.url(name), &[&[RAW], headers].concat(), body)
    }

    pub fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let name = |item: std::io::Result<fs::DirEntry>| item.unwrap().file_name();
    let names = fs::read_dir(folder).unwrap().map(name);
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Bytes that do not repeat soon.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

pub fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        body.extend(format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

pub const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=edge");
