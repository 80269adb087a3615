//! What the border promises: only what fits gets in or out, in one form only, signed by whom it says.

mod approved;
mod certificates;
mod doors;
mod envelopes;
mod forms;
mod json_schemas;
mod samples;

use std::path::Path;

/// Compares `text` with the approved file `name` (under the crate). With `OVERBUUR_BLESS=1` in
/// the environment the file is written instead:
/// `OVERBUUR_BLESS=1 cargo test --release -p schemas`.
fn assert_approved(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("OVERBUUR_BLESS").is_some() {
        let folder = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(folder).expect("the folder can be made");
        std::fs::write(&path, text).expect("the file can be written");
    }
    let approved = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(approved == text, "{name} differs from what was approved; it would now be:\n{text}");
}
