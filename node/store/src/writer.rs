//! The one thread that writes: takes work from a bounded channel and runs each piece in a
//! transaction of its own. An error or a panic in a piece rolls it back and harms nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, ThreadId};

use casework::{Error, Result};
use rusqlite::{Connection, TransactionBehavior};

use crate::certificates::Known;
use crate::fault::Stored;
use crate::outbox::Written;
use crate::tx::Tx;

/// Pieces of work that may wait; who comes after that waits to hand in.
const WAITING: usize = 64;

/// A piece of work.
pub(crate) type Job = Box<dyn FnOnce(&mut Tx<'_>) -> Result<()> + Send>;

/// Takes how a piece of work ended, on the writing thread; must not wait for anything.
pub(crate) type Done = Box<dyn FnOnce(Result<()>) + Send>;

/// Takes the commands of a transaction that is durable, on the writing thread; must not wait for
/// anything.
pub(crate) type Listener = Box<dyn Fn(Written) + Send + Sync>;

/// A piece of work, with who is told how it ended.
pub(crate) struct Piece {
    pub(crate) job: Job,
    pub(crate) done: Done,
}

enum Message {
    Work(Piece),
    /// Copies the log into the database and empties it.
    Truncate(SyncSender<Result<()>>),
}

/// Handle of the writing thread. Dropping it ends the thread after the work that waits.
pub(crate) struct Writer {
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
    id: ThreadId,
    listener: Arc<OnceLock<Listener>>,
}

impl Writer {
    /// Starts the thread on its connection.
    ///
    /// # Errors
    /// No thread to be had.
    pub(crate) fn start(connection: Connection, known: Arc<Known>) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let listener: Arc<OnceLock<Listener>> = Arc::default();
        let told = Arc::clone(&listener);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(connection, &receiver, &told, &known))?;
        let id = thread.thread().id();
        Ok(Self { sender: Some(sender), thread: Some(thread), id, listener })
    }

    /// Has the one `listener` hear of every command that is written in the outbox from now on.
    pub(crate) fn tell(&self, listener: Listener) {
        // A store has one runtime.
        let _ = self.listener.set(listener);
    }

    /// Runs `job` in a transaction and waits for it.
    pub(crate) fn run(&self, job: Job) -> Result<()> {
        self.ask(|answer| {
            // Whoever asked may have gone away; the work stands.
            let done = Box::new(move |outcome| drop(answer.send(outcome)));
            Message::Work(Piece { job, done })
        })
    }

    /// Hands in a piece without waiting; given back when so many wait that this one must too.
    pub(crate) fn try_hand_in(&self, piece: Piece) -> Option<Piece> {
        let sender = self.sender.as_ref()?;
        match sender.try_send(Message::Work(piece)) {
            Err(TrySendError::Full(Message::Work(piece))) => Some(piece),
            // Of a thread that ended nobody hears any more.
            _ => None,
        }
    }

    /// Hands in a piece, after those that wait.
    pub(crate) fn hand_in(&self, piece: Piece) -> Result<()> {
        self.send(Message::Work(piece))
    }

    /// See [`Message::Truncate`].
    pub(crate) fn truncate(&self) -> Result<()> {
        self.ask(Message::Truncate)
    }

    fn ask(&self, message: impl FnOnce(SyncSender<Result<()>>) -> Message) -> Result<()> {
        // Work inside work would wait for itself.
        if std::thread::current().id() == self.id {
            return Err(Error::Store("nested-work".to_owned()));
        }
        let (answer, answered) = sync_channel(1);
        self.send(message(answer))?;
        answered.recv().map_err(|_| stopped())?
    }

    fn send(&self, message: Message) -> Result<()> {
        let sender = self.sender.as_ref().ok_or_else(stopped)?;
        sender.send(message).map_err(|_| stopped())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take().filter(|_| std::thread::current().id() != self.id) {
            let _ = thread.join();
        }
    }
}

fn stopped() -> Error {
    Error::Store("stopped".to_owned())
}

fn serve(mut connection: Connection, messages: &Receiver<Message>, listener: &OnceLock<Listener>, known: &Known) {
    while let Ok(message) = messages.recv() {
        match message {
            Message::Work(Piece { job, done }) => done(work(&mut connection, job, listener.get(), known)),
            Message::Truncate(answer) => drop(answer.send(truncate(&connection))),
        }
    }
}

fn work(connection: &mut Connection, job: Job, listener: Option<&Listener>, known: &Known) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).stored()?;
    let mut tx = Tx::new(&transaction);
    let outcome = catch_unwind(AssertUnwindSafe(|| job(&mut tx)));
    let (written, certified) = tx.news();
    match outcome {
        Ok(Ok(())) => {
            transaction.commit().stored()?;
            if certified {
                known.changed();
            }
            if let Some((tell, written)) = listener.zip(written) {
                tell(written);
            }
            Ok(())
        }
        // Dropping the transaction rolls it back.
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Store("panicked".to_owned())),
    }
}

fn truncate(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).stored()
}
