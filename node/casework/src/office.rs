//! The office: one value through which the web layer and the command line reach every use case.
//!
//! Use cases live in their own files as `impl Office` blocks; each checks the actor's role first
//! and does its work in one transaction of the store.

use std::sync::Arc;

use schemas::time::Timestamp;

use crate::error::{Error, Result};
use crate::import::kept::WaitingLists;
use crate::matchmaking::card_index::CardIndex;
use crate::matchmaking::kept_lists::KeptLists;
use crate::ports::{Clock, Network, Randomness, Records, Storage, Work};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountRole {
    /// Installs, pairs, backs up; sees no persons.
    Administrator,
    /// Sees and changes persons, matches and duos.
    Coordinator,
    /// Library only.
    Member,
}

impl AccountRole {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Coordinator => "coordinator",
            Self::Member => "member",
        }
    }
    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Administrator, Self::Coordinator, Self::Member].into_iter().find(|role| role.code() == code)
    }
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Number of the account; none for the command line and the program itself.
    pub account: Option<i64>,
    /// Name as audit and history show it.
    pub name: String,
    /// What the actor may do.
    pub role: AccountRole,
    /// Whether a page that is open asks for itself anew: what the same actor read less than an
    /// hour ago is not written down as read once more.
    pub looks_again: bool,
}

impl Actor {
    /// Somebody at work, who asks for each page.
    pub fn new(account: Option<i64>, name: &str, role: AccountRole) -> Self {
        Self { account, name: name.to_owned(), role, looks_again: false }
    }
    /// The command line of the machine, which holds the store's key anyway.
    pub fn command_line() -> Self {
        Self::new(None, "opdrachtregel", AccountRole::Coordinator)
    }
    /// The program itself, when time makes it act.
    pub fn program() -> Self {
        Self::new(None, "overbuur", AccountRole::Coordinator)
    }
    /// Refuses everybody who may not see persons.
    pub(crate) fn sees_persons(&self) -> Result<()> {
        if self.role == AccountRole::Coordinator { Ok(()) } else { Err(Error::Forbidden) }
    }
}

/// The use cases of one municipality.
#[derive(Clone)]
pub struct Office {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) network: Arc<dyn Network>,
    /// Lists that were read and wait to be taken over.
    pub(crate) waiting_lists: Arc<WaitingLists>,
    /// Partners' cards, ready for a search.
    pub(crate) cards: Arc<CardIndex>,
    /// The best lists of the last time.
    pub(crate) lists: Arc<KeptLists>,
}

impl Office {
    /// An office on these ports.
    pub fn new(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        network: Arc<dyn Network>,
    ) -> Self {
        let cards = Arc::new(CardIndex::new(Arc::clone(&network)));
        Self { storage, clock, randomness, network, waiting_lists: Arc::default(), cards, lists: Arc::default() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs `work` in one write transaction; everything or nothing happens.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Records) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (work, receiver) = returning(work);
        self.storage.write(work)?;
        receiver.recv().map_err(|_| Error::Store("the writer stopped".to_owned()))
    }

    /// Runs `work` on a snapshot; it can change nothing. Not for reading persons, which leaves
    /// a line in the audit log.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Records) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (work, receiver) = returning(work);
        self.storage.read(work)?;
        receiver.recv().map_err(|_| Error::Store("the reader stopped".to_owned()))
    }

    /// 16 random bytes.
    pub(crate) fn random_16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.randomness.fill(&mut bytes);
        bytes
    }

    /// A fresh number for a form (or a draft), 32 hexadecimal digits: catches a form sent twice.
    pub fn form_number(&self) -> String {
        schemas::ids::to_hex(&self.random_16())
    }
}

/// `work` as the storage takes it, and where its value comes out.
fn returning<T: Send + 'static>(
    work: impl FnOnce(&mut dyn Records) -> Result<T> + Send + 'static,
) -> (Work, std::sync::mpsc::Receiver<T>) {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let work = move |records: &mut dyn Records| {
        let value = work(records)?;
        // The receiver lives until the storage has answered.
        let _ = sender.send(value);
        Ok(())
    };
    (Box::new(work), receiver)
}
