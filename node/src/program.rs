//! The command line: what each command asks of a node, and how its answer is shown.
//!
//! Exit codes: 0 done, 1 refused or failed with one line on standard error, 2 usage.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use serde_json::Value;

use crate::cli::{ByRoot, Cli, Command, Document};
use crate::commands::{self, Request, init, print};
use crate::home::Configuration;
use crate::{control, demo, usage};

/// Work that has not ended by then is left behind; what was promised is on disk already.
const LEAVING: Duration = Duration::from_secs(10);

/// Carries out the command line.
pub fn program() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let Some(wrong) = usage::sentence(&error) else { error.exit() };
            eprintln!("overbuur: {wrong}");
            return ExitCode::from(2);
        }
    };
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow!("het programma start niet: {error}"))
        .and_then(|runtime| {
            let outcome = runtime.block_on(carry_out(cli.command));
            // What still works with the store ends first: leaving tears down the cipher under it.
            runtime.shutdown_timeout(LEAVING);
            outcome
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overbuur: {}", commands::sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error and never name a person.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("OVERBUUR_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,node=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

async fn carry_out(command: Command) -> Result<()> {
    match command {
        Command::Demo { dir, http_port, data, once } => demo::demo(&dir, http_port, data.as_deref(), once).await,
        Command::Run { at, http, listen, demo } => {
            log();
            commands::run(&at.dir, http, listen, demo).await
        }
        Command::Init { at, refnis, kbo, coordinator, office, http, listen, json } => {
            let listen = if listen.is_empty() { Configuration::usual().listen } else { listen };
            let row = init::init(init::NewNode {
                dir: &at.dir,
                refnis: &refnis,
                kbo: kbo.as_deref(),
                coordinator: coordinator.as_deref(),
                office: &office,
                configuration: Configuration { http, listen, ..Configuration::usual() },
            })?;
            say(json, std::slice::from_ref(&row), |_| print::init(&row))
        }
        Command::Invite { at, circle, arrangement, svg, json } => {
            let rows = control::call(&at.dir, Request::Invite { circle, arrangement }, Vec::new()).await?;
            if let Some(path) = svg {
                let image = rows.first().and_then(|row| row["svg"].as_str()).context("geen QR-code")?;
                std::fs::write(&path, image)
                    .with_context(|| format!("{} kan niet geschreven worden", path.display()))?;
            }
            say(json, &rows, |rows| rows.iter().flat_map(print::invitation).collect())
        }
        Command::Join { at, invitation, json } => {
            let rows = control::call(&at.dir, Request::Join { invitation }, Vec::new()).await?;
            say(json, &rows, |rows| rows.iter().map(print::pairing).collect())
        }
        Command::Confirm { at, who, number, json } => {
            let number = if number.is_empty() { None } else { Some(number.concat()) };
            let rows = control::call(&at.dir, Request::Confirm { who, number }, Vec::new()).await?;
            say(json, &rows, |rows| {
                rows.iter().map(|row| format!("{} is nu partner", plain(&row["partner"]))).collect()
            })
        }
        Command::Partners { at, json } => ask(&at.dir, Request::Partners, json, print::partners).await,
        Command::Address { at, who, addresses } => {
            let request = Request::Address { who, addresses };
            ask(&at.dir, request, false, |rows| {
                rows.iter().map(|row| format!("{} luistert op {}", plain(&row["partner"]), row["addresses"])).collect()
            })
            .await
        }
        Command::Suspend { at, who, why, json } => {
            ask(&at.dir, Request::Suspend { who, why }, json, print::partner_life).await
        }
        Command::Resume { at, who, json } => ask(&at.dir, Request::Resume { who }, json, print::partner_life).await,
        Command::Leave { at, who, json } => ask(&at.dir, Request::Leave { who }, json, print::partner_life).await,
        Command::Renew(by) => with_root_key(by, Request::Renew).await,
        Command::RotateKey(by) => with_root_key(by, Request::RotateKey).await,
        Command::MergeInto { by, who } => with_root_key(by, Request::MergeInto { who }).await,
        Command::Certificate { at, of_partner, json } => {
            ask(&at.dir, Request::Certificate { of_partner }, json, print::certificates).await
        }
        Command::Backup { at, out, recipient, json } => {
            let out = std::path::absolute(&out).context("geen pad")?;
            ask(&at.dir, Request::Backup { out, recipient }, json, |rows| rows.iter().flat_map(print::backup).collect())
                .await
        }
        Command::Restore { at, backup, key, erasures, json } => {
            let key = String::from_utf8(contents(&key)?).context("geen sleutel")?;
            let packed =
                std::fs::read(&backup).with_context(|| format!("{} kan niet gelezen worden", backup.display()))?;
            let erasures = erasures.as_deref().map(contents).transpose()?;
            let row = commands::backup::restore(&at.dir, &packed, &key, erasures.as_deref())?;
            say(json, std::slice::from_ref(&row), |_| print::restored(&row))
        }
        Command::Circle { at, circle, arrangement } => {
            let request = Request::Circle { circle, arrangement };
            ask(&at.dir, request, false, |rows| {
                rows.iter().map(|row| format!("{}: {}", plain(&row["circle"]), plain(&row["arrangement"]))).collect()
            })
            .await
        }
        Command::Import { at, files, dry_run, json } => import(&at.dir, &files, dry_run, json).await,
        Command::Population { at, file, json } => {
            let table = file.as_deref().map(contents).transpose()?;
            let request = Request::Population { load: table.is_some() };
            let rows = control::call(&at.dir, request, table.unwrap_or_default()).await?;
            say(json, &rows, |rows| rows.iter().map(print::population).collect())
        }
        Command::Match { at, json } => ask(&at.dir, Request::Match, json, print::matches).await,
        Command::Status { at, json } => {
            ask(&at.dir, Request::Status, json, |rows| rows.iter().flat_map(print::status).collect()).await
        }
        Command::Account { at, name, role, json } => {
            ask(&at.dir, Request::Account { name, role }, json, print::accounts).await
        }
        Command::Erase { at, person, json } => {
            let request = person.map_or(Request::Erasures, |person| Request::Erase { person });
            ask(&at.dir, request, json, print::erasures).await
        }
        Command::Document { what } => document(what).await,
    }
}

async fn document(what: Document) -> Result<()> {
    match what {
        Document::List { at, json } => ask(&at.dir, Request::Documents, json, print::documents).await,
        Document::Show { at, document } => ask(&at.dir, Request::Document { document }, true, print::documents).await,
        Document::Save { at, document, out } => {
            let out = out.unwrap_or_else(|| PathBuf::from(format!("{document}.automerge")));
            let rows = control::call(&at.dir, Request::DocumentFile { document }, Vec::new()).await?;
            let hex = rows.first().and_then(|row| row["hex"].as_str()).context("geen document")?;
            let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).context("een beschadigd antwoord")?;
            std::fs::write(&out, bytes).with_context(|| format!("{} kan niet geschreven worden", out.display()))?;
            write_lines([out.display().to_string()])
        }
    }
}

async fn import(dir: &Path, files: &[PathBuf], dry_run: bool, json: bool) -> Result<()> {
    // Every file is read before the first is written.
    let mut read = Vec::new();
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        read.push((name, contents(path)?));
    }
    for (name, bytes) in read {
        let rows = control::call(dir, Request::Import { name: name.clone(), dry_run, demo: false }, bytes)
            .await
            .with_context(|| name.clone())?;
        say(json, &rows, print::import)?;
    }
    Ok(())
}

async fn with_root_key(by: ByRoot, request: Request) -> Result<()> {
    let key = by.root_key.as_deref().map(contents).transpose()?.unwrap_or_default();
    let rows = control::call(&by.at.dir, request, key).await?;
    say(by.json, &rows, print::certificates)
}

/// A file that a command takes over.
fn contents(path: &Path) -> Result<Vec<u8>> {
    let unreadable = || format!("{} kan niet gelezen worden", path.display());
    if std::fs::metadata(path).with_context(unreadable)?.len() > control::MAX_FILE as u64 {
        return Err(anyhow!("{} is te groot; hoogstens {} MB", path.display(), control::MAX_FILE / 1024 / 1024));
    }
    std::fs::read(path).with_context(unreadable)
}

async fn ask(dir: &Path, request: Request, json: bool, words: impl Fn(&[Value]) -> Vec<String>) -> Result<()> {
    let rows = control::call(dir, request, Vec::new()).await?;
    say(json, &rows, words)
}

fn say(json: bool, rows: &[Value], words: impl Fn(&[Value]) -> Vec<String>) -> Result<()> {
    if json { write_lines(rows.iter().map(Value::to_string)) } else { write_lines(words(rows)) }
}

/// Lines on standard output. Who reads may have had enough: that is no failure.
pub fn write_lines(lines: impl IntoIterator<Item = String>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
    }
    Ok(())
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
