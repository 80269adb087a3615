//! A node at work in this process: its folder, store and office, and its runtime while it runs.
//! Every command acts through it, on a running node and on a stopped one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::{Context, Result, anyhow, bail};
use casework::Office;
use casework::partner_life::Departure;
use casework::ports::{Circle, Network, Records, Storage};
use ed25519_dalek::SigningKey;
use replication::certificates::follows;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId};
use schemas::note::{Note, Said};
use store::{Partner, Store};
use tokio::sync::{Notify, broadcast, oneshot};

use crate::book::Book;
use crate::clock::{self, SystemClock, SystemRandomness};
use crate::errands::TAKEN;
use crate::home::{Home, store_path};
use crate::hourly::Hourly;
use crate::own::Own;
use crate::papers::says_who;
use crate::port::Port;
use crate::runtime::{Ask, Desk, Handle, Parts, lock, recovering};

/// Times an hour that a partner gets its receipts once more.
const GIVEN_AGAIN: u32 = 1;
/// Certificates an hour that a partner brings where strangers pair: it rarely renews even one.
const RENEWALS: u32 = 4;
/// News that waits for a slow page before it is told to load anew.
const NEWS: usize = 256;

/// A node at work.
pub struct Service {
    /// Its folder, held.
    pub home: Home,
    /// Its store.
    pub store: Arc<Store>,
    /// Its use cases.
    pub office: Office,
    /// What the office sees of the runtime.
    pub port: Arc<Port>,
    /// Tells the pages.
    pub changes: broadcast::Sender<web::Change>,
    /// Its certificate, as it is now.
    pub own: Arc<Own>,
    /// Rung when matches or handovers may have moved.
    pub matches_moved: Arc<Notify>,
    /// Rung when a document was erased, here or by its owner.
    pub erased: Arc<Notify>,
    /// The runtime, once it runs.
    pub running: OnceLock<Handle>,
    /// Whether this node was made by `overbuur demo`.
    pub demo: bool,
    reception: Arc<Reception>,
    /// One change of the certificate at a time.
    papers: Mutex<()>,
}

/// Answers partners and strangers.
struct Reception {
    store: Arc<Store>,
    office: Office,
    port: Arc<Port>,
    own: Arc<Own>,
    key: SigningKey,
    /// One change of the book at a time.
    book: Mutex<()>,
    given_again: Mutex<Hourly>,
    renewals: Mutex<Hourly>,
}

impl Service {
    /// Opens the node in `dir`.
    ///
    /// # Errors
    /// No node there, another process in it, or a store that does not open.
    pub fn open(dir: &Path, demo: bool) -> Result<Arc<Self>> {
        Self::of(Home::open(dir)?, demo)
    }

    /// The node of an open folder.
    ///
    /// # Errors
    /// A store that does not open.
    pub fn of(home: Home, demo: bool) -> Result<Arc<Self>> {
        let path = store_path(home.dir());
        let store =
            Store::open(&path, &home.store_key()?).with_context(|| format!("{} gaat niet open", path.display()))?;
        let port = Arc::new(Port::new(Arc::clone(&store)));
        port.set_recovering(recovering::awaited(&store)?);
        let office = Office::new(
            Arc::clone(&store) as _,
            Arc::new(SystemClock),
            Arc::new(SystemRandomness),
            Arc::clone(&port) as _,
        );
        let own = Arc::new(Own::new(home.certificate.clone(), home.certificate_bytes.clone()));
        let reception = Arc::new(Reception {
            store: Arc::clone(&store),
            office: office.clone(),
            port: Arc::clone(&port),
            own: Arc::clone(&own),
            key: home.node.clone(),
            book: Mutex::new(()),
            given_again: Mutex::new(Hourly::new(GIVEN_AGAIN)),
            renewals: Mutex::new(Hourly::new(RENEWALS)),
        });
        let changes = broadcast::Sender::new(NEWS);
        let (matches_moved, erased) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let running = OnceLock::new();
        let papers = Mutex::new(());
        Ok(Arc::new(Self {
            home,
            store,
            office,
            port,
            changes,
            own,
            matches_moved,
            erased,
            running,
            demo,
            reception,
            papers,
        }))
    }

    /// Who answers partners and strangers.
    pub fn desk(&self) -> Arc<dyn Desk> {
        Arc::clone(&self.reception) as _
    }

    /// What its runtime is made of.
    pub fn parts(&self) -> Parts {
        Parts {
            store: Arc::clone(&self.store),
            office: self.office.clone(),
            port: Arc::clone(&self.port),
            desk: self.desk(),
            own: Arc::clone(&self.own),
            changes: self.changes.clone(),
            matches_moved: Arc::clone(&self.matches_moved),
            erased: Arc::clone(&self.erased),
        }
    }

    /// Changes the book of invitations and pairings; kept only when `change` succeeds.
    ///
    /// # Errors
    /// That of `change`, or a failing store.
    pub fn with_book<T>(&self, change: impl FnOnce(&mut Book) -> Result<T>) -> Result<T> {
        self.reception.with_book(change)
    }

    /// Reads records on a snapshot.
    ///
    /// # Errors
    /// That of `work`, or a failing store.
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Records) -> casework::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.store.read(Box::new(move |records| {
            let value = work(records)?;
            // The receiver lives until `read` has returned.
            let _ = sender.send(value);
            Ok(())
        }))?;
        receiver.recv().map_err(|_| anyhow!("de databank gaf geen antwoord"))
    }

    /// Every circle.
    ///
    /// # Errors
    /// A failing store.
    pub fn circles(&self) -> Result<Vec<Circle>> {
        self.read(|records| records.circles())
    }

    /// Held while the certificate is replaced.
    pub fn papers_change(&self) -> std::sync::MutexGuard<'_, ()> {
        lock(&self.papers)
    }

    /// The newest certificate of every partner.
    ///
    /// # Errors
    /// A failing store.
    pub fn newest(&self) -> Result<BTreeMap<RootId, Verified<NodeCertificate>>> {
        self.reception.newest()
    }

    /// The newest certificate of a partner.
    ///
    /// # Errors
    /// A failing store.
    pub fn newest_of(&self, partner: RootId) -> Result<Option<NodeCertificate>> {
        Ok(self.reception.newest()?.remove(&partner).map(Verified::into_inner))
    }

    /// The name of a municipality that takes part.
    pub fn name_of(&self, root: RootId) -> String {
        let known = |partners: Vec<store::Partner>| partners.into_iter().find(|partner| partner.root == root);
        if root == self.home.owner() {
            return self.home.refnis().map_or_else(|_| root.short(), |refnis| refnis.name().to_owned());
        }
        let left = || self.office.departures().ok()?.into_iter().find(|left| left.root == root).map(|left| left.name);
        let partner = self.store.partners().ok().and_then(known).map(|partner| partner.name);
        partner.or_else(left).unwrap_or_else(|| root.short())
    }

    /// Has the network open or close the door to strangers, and waits until it has.
    pub async fn invitations_changed(&self) {
        let (answer, known) = oneshot::channel();
        self.tell(Ask::InvitationsChanged(answer)).await;
        // No answer means that no runtime is at work, and then there is no door.
        let _ = known.await;
    }

    /// Tells the runtime something, if there is one.
    pub async fn tell(&self, ask: Ask) {
        if let Some(handle) = self.running.get() {
            // A runtime that stopped has nothing to do any more.
            let _ = handle.asks.send(ask).await;
        }
    }
}

impl Reception {
    fn with_book<T>(&self, change: impl FnOnce(&mut Book) -> Result<T>) -> Result<T> {
        let _one_at_a_time = lock(&self.book);
        let mut book = Book::load(&self.store)?;
        let before = book.clone();
        let value = change(&mut book)?;
        if book != before {
            book.save(&self.store)?;
        }
        Ok(value)
    }
}

impl Reception {
    /// The partner whose node this is, with its newest certificate.
    fn partner_at(&self, peer: NodeKey) -> Result<Option<Verified<NodeCertificate>>> {
        Ok(self.newest()?.into_values().find(|certificate| certificate.get().node == peer))
    }

    /// The newest certificate of every partner.
    fn newest(&self) -> Result<BTreeMap<RootId, Verified<NodeCertificate>>> {
        let known = self.store.known_certificates()?;
        let newest = |partner: Partner| Some((partner.root, known.of(partner.root)?.newest()?.clone()));
        Ok(self.store.partners()?.into_iter().filter_map(newest).collect())
    }

    /// What a partner says where strangers ask to pair; none when it is none of that.
    fn paper(&self, peer: NodeKey, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(certificate) = self.partner_at(peer)? else { return self.paper_of_one_that_left(peer, bytes) };
        if self.renewed(certificate.get(), bytes)? {
            return Ok(Some(TAKEN.to_vec()));
        }
        let Ok(note) = Note::verify(bytes, &certificate) else { return Ok(None) };
        let Note { from, to, said, .. } = note.into_inner();
        let me = self.own.get().certificate.get().owner();
        if to != me || said != Said::Left {
            return Ok(None);
        }
        if !self.office.partner_left(from)? {
            return Ok(None);
        }
        self.ended(from, bytes).map(Some)
    }

    /// The same of one that is no partner any more: it may not have heard our answer, or have said
    /// it while we did.
    fn paper_of_one_that_left(&self, peer: NodeKey, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some((root, certificate)) = self.departed()?.into_iter().find(|(_, one)| one.get().node == peer) else {
            return Ok(None);
        };
        let Ok(note) = Note::verify(bytes, &certificate) else { return Ok(None) };
        let note = note.into_inner();
        if note.to != self.own.get().certificate.get().owner() || note.said != Said::Left {
            return Ok(None);
        }
        self.ended(root, bytes).map(Some)
    }

    /// Our receipt for one that ended the partnership. That it did is its own: by then it has let
    /// go of everything of ours.
    fn ended(&self, partner: RootId, left: &[u8]) -> Result<Vec<u8>> {
        self.office.departure_confirmed(partner, left.to_vec())?;
        let (from, at) = (self.own.get().certificate.get().owner(), clock::now().hour());
        Ok(Note { from, to: partner, at, said: Said::NothingLeft }.sign(&self.key))
    }

    /// Municipalities that are no partners any more, as they signed then.
    fn departed(&self) -> Result<Vec<(RootId, Verified<NodeCertificate>)>> {
        let verified = |left: Departure| Some((left.root, NodeCertificate::verify(&left.certificate).ok()?));
        Ok(self.office.departures()?.into_iter().filter_map(verified).collect())
    }

    /// Takes a newer certificate of the partner that has `held`; whether it was one. Who still
    /// connects with the key that it retires hears that it was taken before the door closes.
    fn renewed(&self, held: &NodeCertificate, bytes: &[u8]) -> Result<bool> {
        let Ok(certificate) = NodeCertificate::verify(bytes) else { return Ok(false) };
        let newer = certificate.get();
        let fits = says_who(held, newer) && follows(newer, held) && newer.covers(clock::now().hour());
        if !fits || self.store.is_node_of_another(newer.owner(), newer.node)? {
            return Ok(false);
        }
        if !lock(&self.renewals).take(newer.owner(), clock::now()) {
            tracing::info!(from = %newer.owner().short(), "too many certificates within the hour");
            return Ok(false);
        }
        self.store.keep_certificate(bytes)?;
        self.port.partners_changed_soon();
        Ok(true)
    }

    /// Owes a partner every receipt once more. One that asks again and again waits: each time costs
    /// a note for every few documents it ever erased.
    ///
    /// # Errors
    /// Asked within the hour.
    fn give_again(&self, from: RootId) -> Result<()> {
        if !lock(&self.given_again).take(from, clock::now()) {
            bail!("asked for its receipts within the hour");
        }
        Ok(self.office.owe_receipts_again(from)?)
    }

    /// Takes the note of a partner; whether it was one.
    fn noted(&self, from: RootId, bytes: &[u8]) -> Result<bool> {
        let Some(certificate) = self.newest()?.remove(&from) else { return Ok(false) };
        let Ok(note) = Note::verify(bytes, &certificate) else { return Ok(false) };
        let note = note.into_inner();
        if note.to != self.own.get().certificate.get().owner() {
            return Ok(false);
        }
        match note.said {
            Said::Erased(documents) => self.office.receipt_came(from, documents, bytes.to_vec())?,
            Said::GiveAgain => self.give_again(from)?,
            Said::Left | Said::NothingLeft => return Ok(false),
        }
        Ok(true)
    }
}

impl Desk for Reception {
    fn welcome(&self, peer: NodeKey, request: &[u8]) -> Vec<u8> {
        match self.paper(peer, request) {
            Ok(Some(answer)) => return answer,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "what a partner brought could not be kept"),
        }
        let papers = self.own.get();
        let answer =
            self.with_book(|book| Ok(book.welcome(request, peer, &papers.side(), clock::random(), clock::now())));
        match answer {
            Ok(answer) => answer.to_bytes(),
            Err(error) => {
                tracing::error!(%error, "a pairing could not be kept");
                crate::pairing::JoinAnswer::Refused { reason: crate::pairing::Refused::Busy }.to_bytes()
            }
        }
    }

    fn receive(&self, from: RootId, bytes: Vec<u8>) -> Option<Vec<u8>> {
        match self.noted(from, &bytes) {
            Ok(false) => {}
            Ok(true) => return Some(TAKEN.to_vec()),
            Err(error) => {
                tracing::warn!(%error, from = %from.short(), "a note was not taken");
                return None;
            }
        }
        if self.port.is_recovering() {
            return None;
        }
        match self.office.receive_handover(from, bytes) {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::warn!(%error, from = %from.short(), "a handover was not taken");
                None
            }
        }
    }

    fn known(&self) -> Vec<NodeKey> {
        let departed = self.departed().unwrap_or_default();
        departed.into_iter().map(|(_, certificate)| certificate.get().node).collect()
    }

    fn is_open(&self) -> bool {
        Book::load(&self.store).is_ok_and(|book| book.is_open(clock::now()))
    }
}
