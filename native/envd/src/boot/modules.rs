//! Kernel modules of the initramfs.

use std::ffi::CString;
use std::fs::File;
use std::path::Path;

use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};

use super::BootError;

/// Loads the modules that `{folder}/order` names, one a line, from `{folder}/NAME.ko`, in that
/// order. Modules that the kernel has already are left alone; no list means no modules.
pub fn load(folder: &Path) -> Result<(), BootError> {
    let Ok(order) = std::fs::read_to_string(folder.join("order")) else {
        return Ok(());
    };
    for name in order.split_ascii_whitespace() {
        let path = folder.join(format!("{name}.ko"));
        let failed = |errno| BootError::Module(name.to_owned(), errno);
        let file = File::open(&path).map_err(|e| failed(errno_of(&e)))?;
        let no_parameters = CString::default();
        match finit_module(&file, &no_parameters, ModuleInitFlags::empty()) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
    Ok(())
}

fn errno_of(error: &std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}
