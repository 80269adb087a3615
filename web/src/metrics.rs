//! Counters for `/metrics`, in the text form of Prometheus. Never a name or an address.

use std::sync::atomic::{AtomicU64, Ordering};

/// Answered requests by class of status.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    classes: [AtomicU64; 5],
}

impl Metrics {
    /// Counts an answer.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(class) = usize::from(status / 100).checked_sub(1).and_then(|at| self.classes.get(at)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The page for Prometheus.
    pub(crate) fn text(&self, connected: usize, partners: usize, held: u64) -> String {
        let mut text = String::from(
            "# HELP overbuur_http_requests_total Answered requests by class of status.\n\
             # TYPE overbuur_http_requests_total counter\n",
        );
        for (at, class) in self.classes.iter().enumerate() {
            let value = class.load(Ordering::Relaxed);
            text.push_str(&format!("overbuur_http_requests_total{{class=\"{}xx\"}} {value}\n", at + 1));
        }
        for (name, help, value) in [
            ("overbuur_partners", "Partners of this node.", partners as u64),
            ("overbuur_partners_connected", "Partners that are connected now.", connected as u64),
            ("overbuur_documents_held", "Documents of partners that are held here.", held),
        ] {
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_class() {
        let metrics = Metrics::default();
        metrics.answered(200);
        metrics.answered(204);
        metrics.answered(503);
        let text = metrics.text(1, 2, 40);
        assert!(text.contains("overbuur_http_requests_total{class=\"2xx\"} 2\n"), "{text}");
        assert!(text.contains("class=\"5xx\"} 1\n"));
        assert!(text.contains("\noverbuur_documents_held 40\n"));
        assert!(text.contains("\noverbuur_partners_connected 1\n"));
    }
}
