//! How the site is set up.

/// How the site is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of the municipality on every page.
    pub municipality: String,
    /// Whether people reach the site over HTTPS: cookies are then `Secure` and `__Host-`.
    pub secure_cookies: bool,
    /// Whether this node was made by `overbuur demo`.
    pub demo: bool,
}
