//! Tells the host agent where guest RAM is.

use crate::settings::Settings;

/// Writes one line of JSON to the report descriptor and closes it; without one does nothing.
pub fn write(settings: &Settings, start: usize, length: usize, tracking: bool) {
    let Some(fd) = settings.report else {
        return;
    };
    let line = line(start, length, tracking);
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        // SAFETY: `rest` is a live buffer of that length; the descriptor number is the agent's.
        let written = unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len()) };
        if written <= 0 {
            break; // the agent sees a short report and refuses the VM
        }
        rest = &rest[written as usize..];
    }
    // SAFETY: the descriptor was given to us to close.
    unsafe { libc::close(fd) };
}

fn line(start: usize, length: usize, tracking: bool) -> String {
    format!("{{\"base_host_virt_addr\":{start},\"size\":{length},\"tracking\":{tracking}}}\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_line_of_json() {
        assert_eq!(
            super::line(4096, 8192, true),
            "{\"base_host_virt_addr\":4096,\"size\":8192,\"tracking\":true}\n"
        );
    }
}
