//! The one stylesheet and the one script, under addresses that change with their content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::fault::Fault;

/// A file that is part of the program.
struct Asset {
    file: String,
    content_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, content_type: &'static str, text: &'static str) -> Self {
        let digest = hex(&Sha256::digest(text.as_bytes())[..8]);
        Self { file: format!("{stem}.{digest}.{ending}"), content_type, text }
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("app", "css", "text/css; charset=utf-8", include_str!("../assets/app.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("app", "js", "text/javascript; charset=utf-8", include_str!("../assets/app.js")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Address of the stylesheet.
pub(crate) fn style() -> String {
    format!("/assets/{}", STYLE.file)
}

/// Address of the script.
pub(crate) fn script() -> String {
    format!("/assets/{}", SCRIPT.file)
}

/// Address of the sign of the site.
pub(crate) fn icon() -> String {
    format!("/assets/{}", ICON.file)
}

/// Serves them. An address names its content, so it never changes.
pub(crate) async fn serve(Path(file): Path<String>) -> Response {
    let known = [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.file == file);
    known.map_or_else(
        || Fault::NotFound.into_response(),
        |asset| {
            let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.text).into_response()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_stay_small() {
        // The first page, its style and its script together stay under 60 KB.
        let total = STYLE.text.len() + SCRIPT.text.len() + ICON.text.len();
        assert!(total < 48 * 1024, "{total} bytes of assets");
    }

    #[test]
    fn addresses_carry_the_content() {
        assert!(style().starts_with("/assets/app.") && style().ends_with(".css"));
        assert_ne!(style(), script());
    }
}
