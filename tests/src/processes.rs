//! Processes of `overbuur` and others: started, listened to, stopped.
//!
//! Nothing here waits a fixed time: a wait ends when its condition holds, when it
//! can't hold any more, or at a deadline that only a hung process reaches.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// Long enough for the slowest machine: it decides how late a hang is noticed,
/// never whether a test passes.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The built program: `OVERBUUR_BIN`, or the one beside the tests.
///
/// # Errors
/// When there is no such file.
pub fn binary() -> Result<PathBuf> {
    let path = match std::env::var_os("OVERBUUR_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            let test = std::env::current_exe()?;
            let folder = test.parent().and_then(|deps| deps.parent()).context("no target folder")?;
            folder.join("overbuur")
        }
    };
    ensure!(path.is_file(), "{} is not built; tests/run builds it", path.display());
    Ok(path)
}

/// A command of `overbuur`.
///
/// # Errors
/// When the program is not built.
pub fn overbuur(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(binary()?);
    command.args(arguments);
    Ok(command)
}

/// What a command that ended has said.
#[derive(Clone, Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Said {
    /// The exit code; none when a signal ended it.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// Runs a command of `overbuur` to its end, whatever that is.
///
/// # Errors
/// When it can't be started.
pub fn run(arguments: &[&str]) -> Result<Said> {
    let output = overbuur(arguments)?.stdin(Stdio::null()).output()?;
    Ok(Said {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a command of `overbuur` that has to succeed; gives its standard output.
///
/// # Errors
/// When it fails, with what it said.
pub fn run_ok(arguments: &[&str]) -> Result<String> {
    let said = run(arguments)?;
    ensure!(said.status.success(), "overbuur {arguments:?}: {}\n{}{}", said.status, said.stdout, said.stderr);
    Ok(said.stdout)
}

/// Which of its two outputs a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

#[derive(Default)]
struct State {
    lines: Vec<(Stream, String)>,
    open: usize,
    exit: Option<ExitStatus>,
}

#[derive(Default)]
struct Watched {
    state: Mutex<State>,
    changed: Condvar,
}

impl Watched {
    /// A reader that panicked has at most lost a line; the rest still counts.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, with: impl FnOnce(&mut State)) {
        with(&mut self.lock());
        self.changed.notify_all();
    }

    fn wait_while(&self, deadline: Duration, condition: impl FnMut(&mut State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_timeout_while(self.lock(), deadline, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A running process whose output is kept. Dropping it kills it.
pub struct Process {
    name: String,
    pid: u32,
    watched: Arc<Watched>,
}

impl Process {
    /// Starts a command, with nothing on its standard input.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
        let watched = Arc::new(Watched::default());
        watched.change(|state| state.open = 2);
        if let Some(pipe) = child.stdout.take() {
            listen(&watched, Stream::Out, pipe);
        }
        if let Some(pipe) = child.stderr.take() {
            listen(&watched, Stream::Err, pipe);
        }
        let pid = child.id();
        await_exit(&watched, child);
        Ok(Self { name: name.to_owned(), pid, watched })
    }

    /// The process's id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Everything said so far, both outputs in the order of arrival.
    #[must_use]
    pub fn output(&self) -> String {
        self.watched.lock().lines.iter().map(|(_, line)| format!("{line}\n")).collect()
    }

    /// The lines said so far on one output.
    #[must_use]
    pub fn lines(&self, stream: Stream) -> Vec<String> {
        let state = self.watched.lock();
        state.lines.iter().filter(|(from, _)| *from == stream).map(|(_, line)| line.clone()).collect()
    }

    /// The first line, said already or still to come, that `wanted` accepts.
    ///
    /// # Errors
    /// When both outputs are closed without it, or at the deadline.
    pub fn wait_for_line(&self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let position = |state: &State| state.lines.iter().position(|(_, line)| wanted(line));
        let state = self.watched.wait_while(DEADLINE, |state| position(state).is_none() && state.open > 0);
        match position(&state) {
            Some(at) => Ok(state.lines[at].1.clone()),
            None => {
                drop(state);
                bail!("{} never said it:\n{}", self.name, self.output())
            }
        }
    }

    /// How it ended; waits for the end.
    ///
    /// # Errors
    /// At the deadline.
    pub fn wait(&self) -> Result<ExitStatus> {
        let state = self.watched.wait_while(DEADLINE, |state| state.exit.is_none());
        let exit = state.exit;
        drop(state);
        exit.with_context(|| format!("{} does not end:\n{}", self.name, self.output()))
    }

    /// Whether it has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.watched.lock().exit.is_some()
    }

    /// How it ended and all that it said.
    ///
    /// # Errors
    /// At the deadline.
    pub fn wait_said(&self) -> Result<Said> {
        let status = self.wait()?;
        drop(self.watched.wait_while(DEADLINE, |state| state.open > 0));
        let text = |stream| self.lines(stream).iter().map(|line| format!("{line}\n")).collect();
        Ok(Said { status, stdout: text(Stream::Out), stderr: text(Stream::Err) })
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    ///
    /// # Errors
    /// When it can't be signalled or doesn't end.
    pub fn terminate(&self) -> Result<ExitStatus> {
        self.signal("TERM")?;
        self.wait()
    }

    /// Kills it where it stands (kill −9), and waits until it is gone.
    ///
    /// # Errors
    /// When it can't be signalled.
    pub fn kill(&self) -> Result<ExitStatus> {
        self.signal("KILL")?;
        self.wait()
    }

    /// Sends a signal by name, such as `STOP` and `CONT`, if it still runs.
    ///
    /// # Errors
    /// When the signal can't be sent.
    pub fn signal(&self, signal: &str) -> Result<()> {
        if self.watched.lock().exit.is_none() {
            send(signal, self.pid)?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that fails leaves no process behind; one that has ended already
        // makes this fail, which changes nothing.
        let _ = self.signal("KILL");
    }
}

/// Sends a signal to one process. Without unsafe code this is the shell's to do.
///
/// # Errors
/// When it can't be run.
pub fn send(signal: &str, pid: u32) -> Result<()> {
    let script = format!("kill -{signal} {pid}");
    Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().context(script)?;
    Ok(())
}

fn listen(watched: &Arc<Watched>, stream: Stream, pipe: impl Read + Send + 'static) {
    let watched = Arc::clone(watched);
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
            watched.change(|state| state.lines.push((stream, line)));
            bytes.clear();
        }
        watched.change(|state| state.open -= 1);
    });
}

fn await_exit(watched: &Arc<Watched>, mut child: Child) {
    let watched = Arc::clone(watched);
    thread::spawn(move || {
        let exit = child.wait();
        watched.change(|state| state.exit = exit.ok());
    });
}

/// A TCP port of this machine that nobody listens on. Programs that can take
/// port 0 and tell which they got are better off with that.
///
/// Each process looks in another place, below the ports that the system itself gives out: nobody
/// takes it before it is listened on.
///
/// # Errors
/// When the machine has none.
pub fn free_port() -> Result<u16> {
    const FIRST: u32 = 10_000;
    const PORTS: u32 = 20_800;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let place = std::process::id() % PORTS * 16;
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let next = || NEXT.fetch_add(1, Ordering::Relaxed);
    let ports = std::iter::repeat_with(|| FIRST + (place + next()) % PORTS).take(PORTS as usize);
    ports.filter_map(|port| u16::try_from(port).ok()).find(is_free).context("no port is free")
}

/// A folder that is gone when it is dropped.
///
/// # Errors
/// When it can't be made.
pub fn folder() -> Result<TempDir> {
    tempfile::Builder::new().prefix("overbuur-").tempdir().context("a folder for the test")
}
