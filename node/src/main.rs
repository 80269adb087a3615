//! spike
mod asking; mod clock; mod home; mod invitation; mod keys; mod link; mod network; mod pairing; mod redial; mod wire;
#[cfg(test)]
mod network_tests;
fn main() {}
