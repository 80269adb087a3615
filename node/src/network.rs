//! The network: connections to partner nodes over TCP, Noise and Yamux, and what travels on
//! them as bytes.
//!
//! The only file that names libp2p. It knows node keys and addresses, no documents: a partner
//! is a key on the allow-list. To anybody else only the pairing protocol is open, and only
//! while an invitation is live. Every queue has a bound, and a peer never makes another wait.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Result, anyhow};
use ed25519_dalek::SigningKey;
use futures::StreamExt;
use futures::future::{Ready, ready};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::{InboundUpgrade, ReadyUpgrade, UpgradeInfo};
use libp2p::core::{ConnectedPoint, Endpoint};
use libp2p::identity::{Keypair, PublicKey, ed25519};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, SubstreamProtocol, SwarmEvent, THandlerInEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use rand_chacha::ChaCha20Rng;
use schemas::ids::NodeKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::asking::{Answer, MAX_WAITING, Waiting};
use crate::guests::{Guests, Place};
use crate::lines::Lines;
use crate::link::{self, Asked, COMMANDS, Command, EVENTS, Event, Life, Outlook};

const EXCHANGE: StreamProtocol = StreamProtocol::new("/overbuur/exchange/1");
const PAIRING: StreamProtocol = StreamProtocol::new("/overbuur/pairing/1");
const HANDOVER: StreamProtocol = StreamProtocol::new("/overbuur/handover/1");
const FOR_PARTNERS: &[StreamProtocol] = &[EXCHANGE, HANDOVER, PAIRING];
const FOR_STRANGERS: &[StreamProtocol] = &[PAIRING];

/// Connections, at most: a circle has at most 300 members, two connections while both dial.
const MAX_CONNECTIONS: u32 = 640;
/// Connections of one peer: two while both dial, one for a restart that is not noticed yet.
const MAX_PER_PEER: u32 = 3;
/// Connections that are being set up by others.
const MAX_PENDING: u32 = 64;
/// Requests that a peer has open here.
const MAX_REQUESTS: usize = MAX_WAITING;
/// Streams on one connection, and of these the ones that have not said what they are for.
const MAX_STREAMS: usize = 32;
const MAX_UNNAMED: usize = 16;
/// Within this time a connection is authenticated, or given up.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often the network looks whom to dial.
const TICK: Duration = Duration::from_millis(100);
/// Ticks that a request waits for a connection.
const MAX_WAIT: u64 = 200;

/// A running network.
pub struct Network {
    /// Takes commands.
    pub commands: mpsc::Sender<Command>,
    /// Gives events.
    pub events: mpsc::Receiver<Event>,
    /// What it sees.
    pub outlook: Arc<Mutex<Outlook>>,
}

/// Starts listening and dialling in a task of its own, which ends when the commands end.
///
/// # Errors
/// An address that cannot be listened on, such as a port in use.
pub fn start(key: &SigningKey, listen: &[String], rng: ChaCha20Rng) -> Result<Network> {
    start_with(key, listen, rng, link::life())
}

/// The same with another life of a partner's stream.
///
/// # Errors
/// As [`start`].
pub fn start_with(key: &SigningKey, listen: &[String], rng: ChaCha20Rng, life: Life) -> Result<Network> {
    let mut seed = key.to_bytes();
    let key = Keypair::ed25519_from_bytes(&mut seed)
        .map_err(|_| anyhow!("de sleutel van het knooppunt is niet bruikbaar"))?;
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(MAX_PENDING))
        .with_max_established(Some(MAX_CONNECTIONS))
        .with_max_established_per_peer(Some(MAX_PER_PEER));
    let mut swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, || {
            let mut streams = yamux::Config::default();
            streams.set_max_num_streams(MAX_STREAMS);
            streams
        })?
        .with_behaviour(|_| Behaviour {
            streams: Streams::default(),
            limits: connection_limits::Behaviour::new(limits),
        })
        .map_err(|error| anyhow!("het netwerk start niet: {error}"))?
        .with_swarm_config(|config| {
            config
                .with_idle_connection_timeout(Duration::from_secs(5))
                .with_max_negotiating_inbound_streams(MAX_UNNAMED)
        })
        .with_connection_timeout(HANDSHAKE)
        .build();
    for address in listen {
        crate::home::must_be_free(address)?;
        let address: Multiaddr =
            address.parse().map_err(|_| anyhow!("{address} is geen multiadres, zoals /ip4/0.0.0.0/tcp/4601"))?;
        swarm.listen_on(address.clone()).map_err(|error| anyhow!("luisteren op {address} lukt niet: {error}"))?;
    }
    let (commands, command_receiver) = mpsc::channel(COMMANDS);
    let (event_sender, events) = mpsc::channel(EVENTS);
    let (ended, ended_receiver) = mpsc::channel(EVENTS);
    let outlook = Arc::new(Mutex::new(Outlook::default()));
    let me = *swarm.local_peer_id();
    let hub = Hub {
        me,
        swarm,
        events: event_sender,
        ended,
        outlook: Arc::clone(&outlook),
        lines: Lines::new(me, rng),
        asking: Waiting::new(),
        dialled: BTreeMap::new(),
        life,
    };
    tokio::spawn(hub.run(command_receiver, ended_receiver));
    Ok(Network { commands, events, outlook })
}

fn peer_of(node: NodeKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(&node.0).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

fn node_of(peer: &PeerId) -> Option<NodeKey> {
    // The id of an Ed25519 key is the key itself.
    let key = PublicKey::try_decode_protobuf(peer.as_ref().digest()).ok()?;
    Some(NodeKey(key.try_into_ed25519().ok()?.to_bytes()))
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    streams: Streams,
    limits: connection_limits::Behaviour,
}

struct Hub {
    me: PeerId,
    swarm: Swarm<Behaviour>,
    events: mpsc::Sender<Event>,
    ended: mpsc::Sender<(PeerId, u64, Option<&'static str>)>,
    outlook: Arc<Mutex<Outlook>>,
    lines: Lines<PeerId, ConnectionId, Multiaddr>,
    asking: Waiting<PeerId, StreamProtocol>,
    /// Connections that this node dialled.
    dialled: BTreeMap<ConnectionId, PeerId>,
    life: Life,
}

impl Hub {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut ended: mpsc::Receiver<(PeerId, u64, Option<&'static str>)>,
    ) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command),
                    None => return,
                },
                Some((peer, stream, why)) = ended.recv() => self.stream_ended(peer, stream, why),
                event = self.swarm.select_next_some() => self.swarm_event(event),
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    fn outlook(&self) -> MutexGuard<'_, Outlook> {
        self.outlook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Allow { node, addresses } => self.allow(node, &addresses),
            Command::Forbid { node, why } => {
                let Some(peer) = peer_of(node) else { return };
                self.streams().allowed.remove(&peer);
                self.lines.forbid(peer);
                match why {
                    Some(why) => self.outlook().trouble.insert(node, why),
                    None => self.outlook().trouble.remove(&node),
                };
                let _ = self.swarm.disconnect_peer_id(peer);
            }
            Command::Strangers { open, known, done } => {
                let known = known.into_iter().filter_map(peer_of).collect();
                self.streams().guests.welcome_strangers(open, known);
                let _ = done.send(());
            }
            Command::Close { node } => {
                let Some(peer) = peer_of(node) else { return };
                if let Some(connection) = self.lines.close(peer) {
                    self.swarm.close_connection(connection);
                }
            }
            Command::Pair { node, addresses, request, answer } => {
                let Some(peer) = peer_of(node) else { return };
                self.ask(peer, PAIRING, request, answer);
                if !self.swarm.is_connected(&peer) {
                    self.dial(peer, parse(&addresses));
                }
            }
            Command::HandOver { node, request, answer } => {
                let Some(peer) = peer_of(node) else { return };
                if self.swarm.is_connected(&peer) {
                    self.ask(peer, HANDOVER, request, answer);
                } else {
                    let _ = answer.send(Err(anyhow!("not connected")));
                }
            }
        }
    }

    fn streams(&mut self) -> &mut Streams {
        &mut self.swarm.behaviour_mut().streams
    }

    fn allow(&mut self, node: NodeKey, addresses: &[String]) {
        let Some(peer) = peer_of(node).filter(|peer| *peer != self.me) else { return };
        let addresses = parse(addresses);
        self.streams().allowed.entry(peer).or_insert_with(|| Arc::new(Semaphore::new(MAX_REQUESTS)));
        if self.lines.allow(peer, node, addresses) {
            // A connection from before it was a partner is not one of a partner.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
    }

    fn ask(&mut self, peer: PeerId, protocol: StreamProtocol, request: Vec<u8>, answer: Answer) {
        let until = self.lines.now() + MAX_WAIT;
        if self.asking.add(peer, protocol.clone(), request, answer, until) && self.swarm.is_connected(&peer) {
            self.streams().open(peer, NotifyHandler::Any, protocol);
        }
    }

    fn dial(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        if addresses.is_empty() {
            return;
        }
        let options = DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses)
            .allocate_new_port()
            .build();
        if let Err(error) = self.swarm.dial(options) {
            tracing::debug!(%error, "dial not begun");
        }
    }

    fn tick(&mut self) {
        let tick = self.lines.tick();
        self.streams().guests.tick(tick);
        for (peer, addresses) in self.lines.due() {
            self.dial(peer, addresses);
        }
        self.asking.expire(tick);
    }

    fn swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => self.outlook().listening.push(address.to_string()),
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                let gone = address.to_string();
                self.outlook().listening.retain(|address| *address != gone);
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.connected(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, .. } => {
                self.dialled.remove(&connection_id);
                if num_established == 0 {
                    self.asking.fail(peer_id, "the connection was closed");
                }
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                self.trouble(peer, &error.to_string());
                self.asking.fail(peer, "cannot be reached");
            }
            SwarmEvent::IncomingConnectionError { peer_id, error, .. } => {
                tracing::debug!(?peer_id, %error, "connection refused");
                if let Some(peer) = peer_id {
                    self.trouble(peer, "connects too often");
                }
            }
            SwarmEvent::Behaviour(BehaviourEvent::Streams((peer, connection, opened))) => {
                self.opened(peer, connection, opened)
            }
            _ => {}
        }
    }

    fn trouble(&mut self, peer: PeerId, why: &str) {
        if let Some(node) = self.lines.quiet(peer) {
            let why: String = why.chars().take(300).collect();
            self.outlook().trouble.insert(node, why);
        }
    }

    fn connected(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        if endpoint.is_dialer() {
            self.dialled.insert(connection, peer);
            if self.lines.knows(peer) {
                self.streams().open(peer, NotifyHandler::One(connection), EXCHANGE);
            }
        }
        for protocol in self.asking.kinds(peer) {
            self.streams().open(peer, NotifyHandler::One(connection), protocol);
        }
    }

    fn opened(&mut self, peer: PeerId, connection: ConnectionId, opened: Opened) {
        let Opened { protocol, stream, inbound } = opened;
        let Some(node) = node_of(&peer) else { return };
        match (stream, inbound) {
            (None, _) if protocol == EXCHANGE => {
                self.trouble(peer, "refused: the partner has not confirmed, or does not speak this protocol");
                self.swarm.close_connection(connection);
            }
            (Some(stream), _) if protocol == EXCHANGE => self.exchange(peer, node, connection, stream),
            (stream, false) => {
                let Some(asking) = self.asking.take(peer, &protocol) else { return };
                match stream {
                    Some(stream) => {
                        tokio::spawn(link::ask(stream, asking.request, asking.answer));
                    }
                    None => {
                        let _ = asking.answer.send(Err(anyhow!("refused: no invitation is live there")));
                    }
                }
            }
            (Some(stream), true) => {
                let what = if protocol == PAIRING { Asked::Pairing } else { Asked::Handover };
                if let Some(place) = self.streams().place_for_request(peer, connection) {
                    tokio::spawn(link::answer(stream, node, what, self.events.clone(), place));
                }
            }
            (None, true) => {}
        }
    }

    /// Keeps one stream per partner.
    fn exchange(&mut self, peer: PeerId, node: NodeKey, connection: ConnectionId, stream: Stream) {
        let by_me = self.dialled.contains_key(&connection);
        let Some(taken) = self.lines.take(peer, connection, by_me) else {
            self.swarm.close_connection(connection);
            return;
        };
        if let Some(old) = taken.instead_of {
            self.swarm.close_connection(old);
        }
        let number = taken.stream;
        let session = (self.life)(Box::new(stream), node, number, self.events.clone());
        let ended = self.ended.clone();
        let task = tokio::spawn(async move {
            let why = session.await;
            let _ = ended.send((peer, number, why)).await;
        });
        self.lines.runs(peer, connection, &taken, task.abort_handle());
        self.outlook().trouble.remove(&node);
    }

    fn stream_ended(&mut self, peer: PeerId, stream: u64, why: Option<&'static str>) {
        if let Some(connection) = self.lines.ended(peer, stream) {
            self.swarm.close_connection(connection);
            self.trouble(peer, why.unwrap_or("the connection was lost"));
        }
    }
}

fn denied(why: &'static str) -> ConnectionDenied {
    ConnectionDenied::new(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

fn parse(addresses: &[String]) -> Vec<Multiaddr> {
    addresses.iter().filter_map(|address| address.parse().ok()).collect()
}

/// A stream that was opened, or could not be.
#[derive(Debug)]
struct Opened {
    protocol: StreamProtocol,
    stream: Option<Stream>,
    inbound: bool,
}

/// Who may connect, and with which protocols. Hands opened streams to the hub.
#[derive(Default)]
struct Streams {
    /// Partners, with a place for each of the requests they may have open here.
    allowed: BTreeMap<PeerId, Arc<Semaphore>>,
    guests: Guests<PeerId, ConnectionId>,
    out: VecDeque<ToSwarm<(PeerId, ConnectionId, Opened), StreamProtocol>>,
}

impl Streams {
    fn open(&mut self, peer_id: PeerId, handler: NotifyHandler, event: StreamProtocol) {
        self.out.push_back(ToSwarm::NotifyHandler { peer_id, handler, event });
    }

    /// A place for one request of a peer, while it has fewer than [`MAX_REQUESTS`] open.
    fn place_for_request(&self, peer: PeerId, connection: ConnectionId) -> Option<OwnedSemaphorePermit> {
        let places = self.allowed.get(&peer).or_else(|| self.guests.places(connection))?;
        Arc::clone(places).try_acquire_owned().ok()
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = Door;
    type ToSwarm = (PeerId, ConnectionId, Opened);

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> std::result::Result<(), ConnectionDenied> {
        let address = remote.iter().find_map(|part| match part {
            Protocol::Ip4(address) => Some(IpAddr::from(address)),
            Protocol::Ip6(address) => Some(IpAddr::from(address)),
            _ => None,
        });
        let place = Place::from(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        if self.guests.knock(connection, place) { Ok(()) } else { Err(denied("too many connections")) }
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> std::result::Result<Door, ConnectionDenied> {
        if self.allowed.contains_key(&peer) {
            let stays = self.guests.partner(connection, peer);
            return if stays { Ok(Door::new(FOR_PARTNERS, true)) } else { Err(denied("too many connections")) };
        }
        let stays = self.guests.stranger(connection, peer);
        if stays { Ok(Door::new(FOR_STRANGERS, false)) } else { Err(denied("not a confirmed partner")) }
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> std::result::Result<Door, ConnectionDenied> {
        Ok(if self.allowed.contains_key(&peer) { Door::new(FOR_PARTNERS, true) } else { Door::new(&[], false) })
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let gone = match event {
            FromSwarm::ConnectionClosed(closed) => closed.connection_id,
            FromSwarm::ListenFailure(failed) => failed.connection_id,
            _ => return,
        };
        self.guests.gone(gone);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, opened: Opened) {
        self.out.push_back(ToSwarm::GenerateEvent((peer, connection, opened)));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // Whoever fills `out` is polled by the swarm right after.
        self.out.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The protocols that are open on one connection.
struct Door {
    inbound: &'static [StreamProtocol],
    keep: bool,
    to_open: VecDeque<StreamProtocol>,
    opening: Option<StreamProtocol>,
    told: VecDeque<Opened>,
}

impl Door {
    fn new(inbound: &'static [StreamProtocol], keep: bool) -> Self {
        Self { inbound, keep, to_open: VecDeque::new(), opening: None, told: VecDeque::new() }
    }
}

impl ConnectionHandler for Door {
    type FromBehaviour = StreamProtocol;
    type ToBehaviour = Opened;
    type InboundProtocol = Offer;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Offer> {
        SubstreamProtocol::new(Offer(self.inbound.to_vec()), ())
    }

    fn connection_keep_alive(&self) -> bool {
        self.keep
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<ReadyUpgrade<StreamProtocol>, (), Opened>> {
        if let Some(told) = self.told.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(told));
        }
        // One at a time: a failed negotiation does not say which protocol it was about.
        if self.opening.is_none()
            && let Some(protocol) = self.to_open.pop_front()
        {
            self.opening = Some(protocol.clone());
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(protocol), ());
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, protocol: StreamProtocol) {
        if self.to_open.len() < MAX_REQUESTS {
            self.to_open.push_back(protocol);
        }
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Offer, ReadyUpgrade<StreamProtocol>>) {
        let told = match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (stream, protocol), ..
            }) => Some(Opened { protocol, stream: Some(stream), inbound: true }),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, .. }) => {
                self.opening.take().map(|protocol| Opened { protocol, stream: Some(stream), inbound: false })
            }
            ConnectionEvent::DialUpgradeError(_) => {
                self.opening.take().map(|protocol| Opened { protocol, stream: None, inbound: false })
            }
            _ => None,
        };
        // A stream beyond the bound is dropped, which resets it.
        let room = self.told.len() < MAX_REQUESTS;
        self.told.extend(told.filter(|_| room));
    }
}

/// Offers protocols and gives the stream of the one that was chosen.
struct Offer(Vec<StreamProtocol>);

impl UpgradeInfo for Offer {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;
    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for Offer {
    type Output = (Stream, StreamProtocol);
    type Error = std::convert::Infallible;
    type Future = Ready<std::result::Result<Self::Output, Self::Error>>;
    fn upgrade_inbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}
