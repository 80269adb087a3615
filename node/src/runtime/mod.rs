//! The runtime: one task owns the replica, feeds it what happens, and carries out its effects
//! in order. What it stores is durable before anything after it is sent.
//!
//! It never waits for a partner: what a partner is too slow to take waits in a queue with a
//! bound, and one that is full closes the stream.

mod effects;
mod later;
mod me;
mod mergers;
mod partners;
mod pause;
pub mod recovering;
mod retired;
mod unnamed;
pub use partners::{OUT_OF_DATE, OWN_OUT_OF_DATE};
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use casework::Actor;
use casework::ports::Outgoing;
use ed25519_dalek::SigningKey;
use rand_chacha::ChaCha20Rng;
use replication::retiring::Retiring;
use replication::{Command, Input, PartnerState, Replica};
use schemas::border::SCHEMA;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{CircleId, EnvelopeId, NodeKey, RootId};
use schemas::time::Timestamp;
use store::Store;
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};

use me::Me;

use crate::home::Home;
use crate::link::{self, Asked, Event};
use crate::own::Own;
use crate::port::Port;
use crate::pump::Pump;
use crate::restraints::Consequence;
use crate::{clock, network};

/// Asks that wait for the runtime.
const ASKS: usize = 64;
/// Events whose effects are stored together: as few while the store waits, and at most.
const FEW: usize = 16;
const TOGETHER: usize = 64;
/// Documents read together after an unclean end.
const READ_TOGETHER: usize = 256;
/// Name under which the store remembers that a runtime has not ended cleanly.
const RUNNING: &str = "running";
/// Name under which the store remembers the schema that the last release understood.
const UNDERSTOOD: &str = "schema";

/// What the rest of the program asks of the runtime.
pub enum Ask {
    /// A partner was confirmed, or its addresses or circles changed.
    PartnersChanged,
    /// Invitations came or went. Answered once the network knows, so that whoever is invited
    /// finds the door open.
    InvitationsChanged(oneshot::Sender<()>),
    /// The envelope ids that both hold in a circle, for comparison.
    EnvelopeIds(CircleId, RootId, oneshot::Sender<Vec<EnvelopeId>>),
    /// State of every partner, now.
    States(oneshot::Sender<BTreeMap<RootId, PartnerState>>),
    /// Ends.
    Stop(oneshot::Sender<()>),
}

/// Who answers what strangers and partners ask outside the stream.
pub trait Desk: Send + Sync {
    /// Answers a request to pair.
    fn welcome(&self, peer: NodeKey, request: &[u8]) -> Vec<u8>;
    /// Takes a sealed handover; none when it could not be kept.
    fn receive(&self, from: RootId, bytes: Vec<u8>) -> Option<Vec<u8>>;
    /// Whether strangers may ask.
    fn is_open(&self) -> bool;
    /// Nodes of partners that were left: they may ask whether we heard.
    fn known(&self) -> Vec<NodeKey>;
}

/// How far the exchange has come since the start of this runtime. Only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Streams to partners that were opened.
    pub streams: u64,
    /// Envelopes made durable.
    pub stored: u64,
    /// Documents that were built and shown, durable too.
    pub shown: u64,
    /// Checks of a circle that ended without difference.
    pub reconciled: u64,
}

/// A handle to the running runtime.
#[derive(Clone)]
pub struct Handle {
    /// Takes asks.
    pub asks: mpsc::Sender<Ask>,
    /// Takes commands for the network.
    pub network: mpsc::Sender<link::Command>,
    /// What the network sees.
    pub outlook: Arc<std::sync::Mutex<link::Outlook>>,
    /// Node keys of confirmed partners with a certificate that covers now.
    pub nodes: Arc<std::sync::Mutex<BTreeMap<RootId, NodeKey>>>,
    /// How far it has come.
    pub progress: watch::Receiver<Progress>,
}

/// What a runtime is made of.
pub struct Parts {
    /// The store.
    pub store: Arc<Store>,
    /// The use cases.
    pub office: casework::Office,
    /// What the office sees.
    pub port: Arc<Port>,
    /// Answers.
    pub desk: Arc<dyn Desk>,
    /// This node's certificate.
    pub own: Arc<Own>,
    /// Tells the pages.
    pub changes: broadcast::Sender<web::Change>,
    /// Rung when matches or handovers may have moved.
    pub matches_moved: Arc<Notify>,
    /// Rung when a document was erased, here or by its owner.
    pub erased: Arc<Notify>,
}

struct Runtime {
    parts: Parts,
    me: Me,
    replica: Replica,
    rng: ChaCha20Rng,
    network: mpsc::Sender<link::Command>,
    outlook: Arc<std::sync::Mutex<link::Outlook>>,
    certificates: BTreeMap<RootId, Verified<NodeCertificate>>,
    nodes: Arc<std::sync::Mutex<BTreeMap<RootId, NodeKey>>>,
    key: SigningKey,
    /// Whether a certificate came that changes who may connect.
    admits_anew: bool,
    pumps: BTreeMap<RootId, Pump>,
    progress: watch::Sender<Progress>,
    applying: Option<effects::Applying>,
    later: later::Later,
    retiring: Retiring,
    recovering: recovering::Recovering,
    mergers: mergers::Mergers,
    wake_at: Timestamp,
    /// When the clock was looked at last.
    looked_at: Timestamp,
    /// The number of the last command that was handed on to be carried out.
    drained: i64,
    /// That of the last that was looked at while the certificate had ended.
    looked_through: i64,
}

/// Starts the runtime of the node in `home`, listening at `listen`.
///
/// # Errors
/// An address in use, or a failing store.
pub async fn start(home: &Home, parts: Parts, listen: &[String]) -> Result<Handle> {
    let network = network::start(&home.node, listen, clock::generator())?;
    let (asks, ask_receiver) = mpsc::channel(ASKS);
    let nodes = Arc::new(std::sync::Mutex::new(BTreeMap::new()));
    let (commands, outlook) = (network.commands.clone(), Arc::clone(&network.outlook));
    let mut runtime = Runtime::new(home, parts, network.commands, network.outlook, Arc::clone(&nodes))?;
    let handle = Handle { asks, network: commands, outlook, nodes, progress: runtime.progress.subscribe() };
    runtime.begin().await?;
    runtime.parts.port.set_running(true);
    tokio::spawn(runtime.run(network.events, ask_receiver));
    Ok(handle)
}

/// Carries out what waits in the outbox of a node that does not run. Partners are told when it
/// runs again.
///
/// # Errors
/// A failing store.
pub async fn settle(home: &Home, parts: Parts) -> Result<()> {
    // Nobody takes commands for a network.
    let (network, _) = mpsc::channel(1);
    let mut runtime = Runtime::new(home, parts, network, Arc::default(), Arc::default())?;
    runtime.begin().await?;
    runtime.stop().await;
    Ok(())
}

impl Runtime {
    fn new(
        home: &Home,
        parts: Parts,
        network: mpsc::Sender<link::Command>,
        outlook: Arc<std::sync::Mutex<link::Outlook>>,
        nodes: Arc<std::sync::Mutex<BTreeMap<RootId, NodeKey>>>,
    ) -> Result<Self> {
        let me = Me::of(home, &parts.own);
        Ok(Self {
            replica: Replica::new(me.config(&parts.store)?),
            parts,
            me,
            rng: clock::generator(),
            network,
            outlook,
            certificates: BTreeMap::new(),
            nodes,
            key: home.node.clone(),
            admits_anew: false,
            pumps: BTreeMap::new(),
            progress: watch::Sender::new(Progress::default()),
            applying: None,
            later: later::Later::default(),
            retiring: Retiring::default(),
            recovering: recovering::Recovering::default(),
            mergers: mergers::Mergers::default(),
            wake_at: Timestamp(0),
            looked_at: Timestamp(0),
            drained: 0,
            looked_through: 0,
        })
    }

    /// Takes over what the store holds.
    async fn begin(&mut self) -> Result<()> {
        let store = Arc::clone(&self.parts.store);
        self.begin_recovering()?;
        let own = self.parts.own.get();
        let (headers, cursors, unclean, upgraded) = blocking(move || {
            store.keep_certificate(&own.bytes)?;
            store.drop_unbacked()?;
            let unclean = store.node_state(RUNNING)?.is_some_and(|bytes| bytes == [1]);
            // What an earlier release kept and did not understand is built now.
            let schema = SCHEMA.to_be_bytes();
            let upgraded = store.node_state(UNDERSTOOD)?.is_some_and(|bytes| bytes != schema);
            store.set_node_state(UNDERSTOOD, &schema)?;
            store.set_node_state(RUNNING, &[1])?;
            Ok((store.stored_headers()?, store.cursors()?, unclean, upgraded))
        })
        .await?;
        self.replica.restore(headers);
        self.replica.restore_cursors(cursors);
        self.partners_changed().await?;
        self.invitations_changed().await;
        if unclean || upgraded {
            self.rebuild().await?;
        }
        self.input(vec![Input::Tick]).await?;
        // What others' cards state is read before anything is published: it says what they can read.
        self.settled().await?;
        self.drain_outbox().await
    }

    /// Builds what was stored and not written as built: the end came without warning.
    async fn rebuild(&mut self) -> Result<()> {
        let store = Arc::clone(&self.parts.store);
        let documents = blocking(move || Ok(store.unbuilt()?)).await?;
        for some in documents.chunks(READ_TOGETHER) {
            let inputs = self.load(some.to_vec()).await?;
            self.input(inputs).await?;
        }
        Ok(())
    }

    async fn run(mut self, mut events: mpsc::Receiver<Event>, mut asks: mpsc::Receiver<Ask>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut seconds = 0_u64;
        loop {
            let outcome = tokio::select! {
                biased;
                after = effects::stored(&mut self.applying) => self.durable(after).await,
                Some(ask) = asks.recv() => {
                    if let Ask::Stop(done) = ask {
                        self.stop().await;
                        let _ = done.send(());
                        return;
                    }
                    self.ask(ask).await
                }
                () = self.parts.port.outbox.rung() => self.drain_outbox().await,
                () = self.parts.port.partners_moved.notified() => self.ask(Ask::PartnersChanged).await,
                _ = second.tick() => {
                    seconds += 1;
                    self.second(seconds).await
                }
                Some(event) = events.recv() => self.events(event, &mut events).await,
                () = self.later.due() => self.write_later().await,
            };
            if let Err(error) = outcome
                && !self.pause(&error, &mut asks).await
            {
                self.parts.port.set_running(false);
                return;
            }
        }
    }

    /// Does what follows what is durable now.
    async fn durable(&mut self, after: Result<effects::After>) -> Result<()> {
        let inputs = self.follow(after?).await?;
        self.input(inputs).await
    }

    async fn stop(&mut self) {
        self.parts.port.set_running(false);
        if let Err(error) = self.end().await {
            tracing::error!(%error, "the end could not be noted");
        }
    }

    /// Notes a clean end, after everything that waits was written.
    async fn end(&mut self) -> Result<()> {
        self.written().await?;
        let store = Arc::clone(&self.parts.store);
        blocking(move || Ok(store.set_node_state(RUNNING, &[0])?)).await
    }

    async fn second(&mut self, seconds: u64) -> Result<()> {
        let now = clock::now();
        // By a clock that was set back, the moment it was to be called again may be years away.
        let set_back = now < std::mem::replace(&mut self.looked_at, now);
        if set_back || now >= self.wake_at {
            self.wake_at = Timestamp(u64::MAX);
            self.input(vec![Input::Tick]).await?;
        }
        self.show_states();
        self.recover().await?;
        self.carry_mergers_through().await?;
        if self.parts.port.partners_moved_soon() {
            self.ask(Ask::PartnersChanged).await?;
        }
        if seconds.is_multiple_of(60) {
            self.invitations_changed().await;
        }
        if seconds.is_multiple_of(60) || std::mem::take(&mut self.admits_anew) {
            self.admit().await?;
        }
        if seconds.is_multiple_of(3_600) {
            self.forget_unnamed().await?;
        }
        Ok(())
    }

    fn show_states(&self) {
        self.parts.port.show(self.states());
    }

    fn states(&self) -> BTreeMap<RootId, PartnerState> {
        let state = |root: &RootId| Some((*root, self.replica.partner_state(*root)?));
        self.certificates.keys().filter_map(state).collect()
    }

    async fn ask(&mut self, ask: Ask) -> Result<()> {
        match ask {
            Ask::PartnersChanged => {
                self.partners_changed().await?;
                // Among what changed may be the own certificate.
                self.drain_outbox().await?;
                self.show_states();
                self.tell(web::Change::partner());
            }
            Ask::InvitationsChanged(answer) => {
                self.invitations_changed().await;
                let _ = answer.send(());
            }
            Ask::EnvelopeIds(circle, partner, answer) => {
                let _ = answer.send(self.replica.envelope_ids(circle, partner).into_iter().collect());
            }
            Ask::States(answer) => {
                let _ = answer.send(self.states());
            }
            Ask::Stop(_) => {}
        }
        Ok(())
    }

    async fn command(&self, command: link::Command) {
        // The network takes commands for as long as this runtime lives.
        let _ = self.network.send(command).await;
    }

    /// Handles an event and some of those that are there already, and stores what came of them at
    /// once: few while the store waits, so that it has work soon, and more while it is at work.
    async fn events(&mut self, first: Event, more: &mut mpsc::Receiver<Event>) -> Result<()> {
        let (mut effects, mut next, mut count) = (Vec::new(), Some(first), 0);
        while let Some(event) = next {
            let mut inputs = Vec::new();
            self.event(event, &mut inputs);
            effects.append(&mut self.handle(inputs));
            count += 1;
            let goes_on = count < FEW || self.is_storing() && count < TOGETHER;
            next = if goes_on { more.try_recv().ok() } else { None };
        }
        self.effects(effects).await
    }

    fn event(&mut self, event: Event, inputs: &mut Vec<Input>) {
        match event {
            Event::Connected { node, stream, frames, pace } => {
                let Some(partner) = self.root_of(node) else { return };
                self.parts.port.restraints.paced(partner, pace);
                if self.pumps.contains_key(&partner) {
                    inputs.push(Input::Disconnected { partner });
                }
                self.pumps.insert(partner, Pump::start(stream, frames, Arc::clone(&self.parts.store)));
                inputs.push(Input::Connected { partner });
                self.progress.send_modify(|progress| progress.streams += 1);
                self.parts.matches_moved.notify_one();
                self.tell(web::Change::partner());
            }
            Event::Frame { node, stream, bytes } => {
                let Some(partner) = self.root_of(node) else { return };
                if self.pumps.get(&partner).is_some_and(|pump| pump.stream == stream) {
                    inputs.push(Input::Frame { partner, bytes });
                }
            }
            Event::Disconnected { node, stream, breach } => {
                // Who may not connect any more is known by its stream only.
                let ended = self.pumps.iter().find(|(_, pump)| pump.stream == stream).map(|(partner, _)| *partner);
                if let (Some(partner), Some(breach)) = (self.root_of(node).or(ended), breach) {
                    self.offended(partner, breach);
                }
                if let Some(partner) = ended {
                    self.pumps.remove(&partner);
                    inputs.push(Input::Disconnected { partner });
                    self.tell(web::Change::partner());
                }
            }
            Event::Asked { node, what, request, answer } => self.asked(node, what, request, answer),
        }
    }

    fn asked(&self, node: NodeKey, what: Asked, request: Vec<u8>, answer: oneshot::Sender<Vec<u8>>) {
        let (desk, from) = (Arc::clone(&self.parts.desk), self.root_of(node));
        let (changes, moved) = (self.parts.changes.clone(), Arc::clone(&self.parts.matches_moved));
        // As many at a time as the network lets in.
        tokio::task::spawn_blocking(move || {
            let bytes = match (what, from) {
                (Asked::Pairing, _) => Some(desk.welcome(node, &request)),
                (Asked::Handover, Some(from)) => desk.receive(from, request),
                (Asked::Handover, None) => None,
            };
            if let Some(bytes) = bytes {
                let _ = answer.send(bytes);
            }
            let _ = changes.send(web::Change::partner());
            moved.notify_one();
        });
    }

    /// Takes measures against a partner that did what no honest node does.
    fn offended(&self, partner: RootId, why: &str) {
        match self.parts.port.restraints.offended(partner, why, clock::now()) {
            Consequence::Nothing => return,
            Consequence::HeldBack => tracing::warn!(partner = %partner.short(), why, "a partner is held back"),
            Consequence::Suspend => self.suspend(partner, why.to_owned()),
        }
        self.tell(web::Change::partner());
    }

    /// Suspends a partner that goes on with it; an administrator resumes it. What it still says
    /// until that is written down is refused like the rest.
    fn suspend(&self, partner: RootId, why: String) {
        let (office, port) = (self.parts.office.clone(), Arc::clone(&self.parts.port));
        tokio::task::spawn_blocking(move || {
            tracing::warn!(partner = %partner.short(), why, "a partner is suspended");
            if let Err(error) = office.suspend_partner(&Actor::program(), partner, &why) {
                tracing::error!(%error, "a partner that was to be suspended is not");
                port.restraints.not_suspended(partner);
            }
        });
    }

    fn tell(&self, change: web::Change) {
        // Nobody listening is fine.
        let _ = self.parts.changes.send(change);
    }

    /// Hands every command of the outbox to the replica, in order. One that was settled before
    /// a crash could be noted comes again under the same number.
    async fn drain_outbox(&mut self) -> Result<()> {
        // What waits is signed when the clock is right again and the certificate renewed.
        let waits = self.is_recovering() || matches!(self.replica.clock(), replication::Clock::Off(_));
        if waits || !self.replica.may_sign(clock::now()) {
            self.parts.port.outbox.empty();
            return if waits { Ok(()) } else { self.refuse_typed().await };
        }
        loop {
            let (store, after) = (Arc::clone(&self.parts.store), self.drained);
            let commands = match self.parts.port.outbox.after(after) {
                Some(commands) => commands,
                None => blocking(move || Ok(store.outbox_next(after)?)).await?,
            };
            let Some((last, _)) = commands.last() else { return Ok(()) };
            self.drained = *last;
            self.input(commands.into_iter().map(input_of).collect()).await?;
        }
    }

    /// Hands on what is typed in pages and asked to be hidden while the certificate has ended, to be
    /// refused: by the time that it is renewed the text would be typed again, or the page mended.
    async fn refuse_typed(&mut self) -> Result<()> {
        loop {
            let (store, after) = (Arc::clone(&self.parts.store), self.looked_through);
            let commands = blocking(move || Ok(store.outbox_next(after)?)).await?;
            let Some((last, _)) = commands.last() else { return Ok(()) };
            self.looked_through = *last;
            let is_meant = |command: &Outgoing| {
                matches!(command, Outgoing::Edit { .. } | Outgoing::Open { .. } | Outgoing::Hold { .. })
            };
            let typed = commands.into_iter().filter(|(_, command)| is_meant(command));
            self.input(typed.map(input_of).collect()).await?;
        }
    }
}

fn input_of((number, command): (i64, Outgoing)) -> Input {
    Input::Command { number: number.unsigned_abs(), command: command_of(command) }
}

fn command_of(command: Outgoing) -> Command {
    match command {
        Outgoing::Publish { circle, document, value, expires_at } => {
            Command::Publish { circle, document, value, expires_at }
        }
        Outgoing::Open { circle, document, value, expires_at } => Command::Open { circle, document, value, expires_at },
        Outgoing::Edit { document, heads, value } => Command::Edit { document, heads, value },
        Outgoing::Erase { document } => Command::Erase { document },
        Outgoing::Hold { owner, document } => Command::Hold { owner, document },
        Outgoing::Lift { document } => Command::Lift { document },
        Outgoing::Cut { document, author, bar } => Command::Cut { document, author, bar },
        Outgoing::Suspend { document, author } => Command::Suspend { document, author },
        Outgoing::Resume { document, author } => Command::Resume { document, author },
        Outgoing::Replace { document, by, expires_at } => Command::Replace { document, by, expires_at },
    }
}

/// Runs `work` on a thread where it may wait for the store.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| anyhow!("een taak is onverwacht gestopt"))?
}

/// Who panicked under this lock had changed nothing halfway.
pub fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
