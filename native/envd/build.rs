//! Generates the messages and stubs of the process and file services with a compiler written in
//! Rust, so that no `protoc` has to be installed.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let proto = "../../contracts/proto";
    let files = ["process/process.proto", "filesystem/filesystem.proto"];
    let set = PathBuf::from(std::env::var("OUT_DIR")?).join("descriptors.bin");
    let mut compiler = protox::Compiler::new([proto])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(files)?;
    std::fs::write(&set, compiler.encode_file_descriptor_set())?;
    connectrpc_build::Config::new()
        .files(&files)
        .descriptor_set(set)
        .emit_rerun_directives(false)
        .include_file("_connectrpc.rs")
        .compile()?;
    for file in files {
        println!("cargo:rerun-if-changed={proto}/{file}");
    }
    Ok(())
}
