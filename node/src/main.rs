//! `overbuur`: one municipality's node, and the commands to tend it.

fn main() -> std::process::ExitCode {
    node::program()
}
