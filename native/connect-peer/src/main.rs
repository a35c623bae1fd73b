fn main() {}
mod proto { connectrpc::include_generated!(); }
