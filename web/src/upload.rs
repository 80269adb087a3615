//! A form with one file: read to the end, whatever its size, so that the browser hears the answer.

use axum::extract::Multipart;

use crate::door::Visit;
use crate::fault::Fault;

/// Largest file that is read, in bytes; casework refuses sooner and says why.
const MAX_FILE: usize = 64 * 1024 * 1024;

/// The file of a form.
pub(crate) enum Upload {
    /// None was chosen.
    Missing,
    /// More than [`MAX_FILE`].
    TooLarge,
    /// Its name and what is in it.
    File(String, Vec<u8>),
}

impl Upload {
    /// The file named `file` of a form of this visit's own pages.
    ///
    /// # Errors
    /// `Forged` for a form from elsewhere.
    pub(crate) async fn read(visit: &Visit, mut form: Multipart) -> Result<Self, Fault> {
        let mut token = String::new();
        let mut found = Self::Missing;
        // The token stands before the file, so nothing is kept of a form that is not ours.
        while let Ok(Some(mut field)) = form.next_field().await {
            match field.name() {
                Some("_csrf") => token = field.text().await.map_err(|_| Fault::Forged)?,
                Some("file") if token == visit.csrf() => {
                    let name = field.file_name().unwrap_or_default().to_owned();
                    let (mut bytes, mut too_large) = (Vec::new(), false);
                    while let Ok(Some(chunk)) = field.chunk().await {
                        // What is too much is read and dropped.
                        too_large |= bytes.len() + chunk.len() > MAX_FILE;
                        if !too_large {
                            bytes.extend_from_slice(&chunk);
                        }
                    }
                    found = match (name.is_empty(), too_large) {
                        (true, _) => Self::Missing,
                        (false, true) => Self::TooLarge,
                        (false, false) => Self::File(name, bytes),
                    };
                }
                _ => {}
            }
        }
        if token == visit.csrf() { Ok(found) } else { Err(Fault::Forged) }
    }
}
