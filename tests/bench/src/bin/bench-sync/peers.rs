//! Other programs with the same records: built from their registries, run, and given up after a
//! limit.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench::figures::Figure;
use bench::records;

/// One program to compare with.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its name in figures.
    pub name: &'static str,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// A program of the peers' workspace.
    Rust(&'static str),
    /// A script for Node.js.
    Node(&'static str),
}

/// Every peer.
pub const ALL: [Peer; 3] = [
    Peer { name: "iroh-docs", how: How::Rust("peer-iroh") },
    Peer { name: "samod", how: How::Rust("peer-samod") },
    Peer { name: "pouchdb", how: How::Node("pouchdb.mjs") },
];

/// What every peer is asked for, with units.
const FIGURES: [(&str, &str); 8] = [
    ("first_sync_stored_s", "s"),
    ("first_sync_built_s", "s"),
    ("bytes_per_document", "B"),
    ("reconnect_unchanged_bytes", "B"),
    ("reconnect_round_trips", "1"),
    ("one_change_ms_p50", "ms"),
    ("one_change_bytes", "B"),
    ("rss_per_document_bytes", "B"),
];

/// The peers, built.
pub struct Tools {
    programs: PathBuf,
    scripts: PathBuf,
}

impl Tools {
    /// Builds what `peers` need, beside this program's own build. The first time takes minutes.
    ///
    /// # Errors
    /// A registry that cannot be reached, or a build that fails.
    pub fn build(peers: &[Peer]) -> Result<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).context("no target directory")?.join("peers");
        if peers.iter().any(|peer| matches!(peer.how, How::Rust(_))) {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["build", "--release", "--locked"]).current_dir(&source).env("CARGO_TARGET_DIR", &target);
            run(cargo, "the peers do not build")?;
        }
        let scripts = target.join("npm");
        if peers.iter().any(|peer| matches!(peer.how, How::Node(_))) {
            std::fs::create_dir_all(&scripts)?;
            for name in ["package.json", "package-lock.json", "pouchdb.mjs"] {
                std::fs::copy(source.join("npm").join(name), scripts.join(name))?;
            }
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&scripts);
            run(npm, "the packages of PouchDB do not install")?;
        }
        Ok(Self { programs: target.join("release"), scripts })
    }

    /// What `peer` does with `count` documents; a failure is a figure without value.
    ///
    /// # Errors
    /// This machine's own.
    pub fn measure(&self, peer: &Peer, count: usize, limit: Duration) -> Result<Vec<Figure>> {
        let mut file = tempfile::NamedTempFile::new()?;
        for offer in records::offers(count)? {
            writeln!(file, "{}", offer.to_json()?)?;
        }
        file.flush()?;
        let mut command = match peer.how {
            How::Rust(program) => Command::new(self.programs.join(program)),
            How::Node(script) => {
                let mut node = Command::new("node");
                node.arg(self.scripts.join(script));
                node
            }
        };
        command.arg(file.path()).stdout(Stdio::piped()).process_group(0);
        let (lines, error) = within(command, limit)?;
        let mut figures: Vec<Figure> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        for (name, unit) in FIGURES {
            if !figures.iter().any(|figure| figure.name == name) {
                let why = error.as_deref().unwrap_or("not measured");
                figures.push(Figure::failed(name, peer.name, count as u64, unit, why));
            }
        }
        Ok(figures)
    }
}

fn run(mut command: Command, what: &str) -> Result<()> {
    // Its words must not mix with the figures.
    let status = command.stdout(Stdio::from(std::io::stderr())).status().context(what.to_owned())?;
    ensure!(status.success(), "{what}: {status}");
    Ok(())
}

/// The lines that `command` prints until it ends, and why it did not end well.
fn within(mut command: Command, limit: Duration) -> Result<(Vec<String>, Option<String>)> {
    let mut child = command.spawn().context("the peer does not start")?;
    let out = child.stdout.take().context("no standard output")?;
    let (sender, done) = sync_channel(1);
    let reader = std::thread::spawn(move || {
        use std::io::BufRead;
        let lines: Vec<String> = std::io::BufReader::new(out).lines().map_while(Result::ok).collect();
        // Who waits may have given up.
        let _ = sender.send(());
        lines
    });
    let late = done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
    if late {
        // The whole group: a peer may have processes of its own.
        Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
    }
    let status = child.wait()?;
    let lines = reader.join().unwrap_or_default();
    let error = match (late, status.success()) {
        (true, _) => Some(format!("not done in {} s", limit.as_secs())),
        (false, false) => Some(format!("ended with {status}")),
        (false, true) => None,
    };
    Ok((lines, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended_and_said() -> Result<()> {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdout(Stdio::piped()).process_group(0);
            command
        };
        let (lines, error) = within(shell("echo one; exec tail -f /dev/null"), Duration::from_millis(200))?;
        assert_eq!(lines, ["one"]);
        assert_eq!(error.as_deref(), Some("not done in 0 s"));
        let (lines, error) = within(shell("echo one; exit 3"), Duration::from_secs(60))?;
        assert_eq!(lines, ["one"]);
        assert!(error.is_some_and(|why| why.contains('3')));
        assert_eq!(within(shell("true"), Duration::from_secs(60))?, (Vec::new(), None));
        Ok(())
    }
}
