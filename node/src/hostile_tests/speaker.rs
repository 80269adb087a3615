//! What the hostile partner says: frames over the node's own network, envelopes of its own making.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use futures::FutureExt;
use minicbor::bytes::ByteVec;
use replication::body;
use replication::frames::{Frame, Hello, Knowledge, Known, Paper};
use schemas::certificate::CircleList;
use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId};
use schemas::{Comment, SharedValue};
use tokio::sync::{mpsc, watch};

use super::scene::{Scene, until};
use crate::link::{Both, Command, Event, Life};
use crate::network::{self, Network};
use crate::{clock, keys};

/// Rounds that wait to be answered by a test.
const ROUNDS: usize = 64;

type Frames = mpsc::Sender<Vec<u8>>;

/// The hostile partner's mouth and ears.
pub struct Speaker {
    frames: watch::Receiver<Option<Frames>>,
    /// Frames that a test may want to answer; what is too many is let go.
    pub heard: mpsc::Receiver<Frame>,
    _commands: mpsc::Sender<Command>,
}

/// A remark.
pub fn remark(text: &str) -> SharedValue {
    let text = schemas::text::Text::new(text).expect("short");
    SharedValue::Comment(Comment { resource: DocumentId([0; 16]), text })
}

impl Scene {
    async fn dial(&self, network: &Network) {
        let allow = Command::Allow { node: self.victim.node, addresses: vec![self.victim.address.clone()] };
        network.commands.send(allow).await.expect("the network runs");
    }

    /// A stream that greets as everybody does, with a list of the circle that names all three.
    pub async fn speaker(&self) -> Speaker {
        self.speaker_with(&self.hostile.home.node).await
    }

    /// The same with this node key.
    pub async fn speaker_with(&self, key: &SigningKey) -> Speaker {
        let network = network::start(key, &[], clock::generator()).expect("it listens nowhere");
        self.dial(&network).await;
        let Network { commands, mut events, .. } = network;
        let greeting = [self.hello(), self.known(), self.list(key)].map(|frame| frame.to_bytes());
        let (say, frames) = watch::channel(None);
        let (tell, heard) = mpsc::channel(ROUNDS);
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    Event::Connected { frames, .. } => {
                        for frame in &greeting {
                            let _ = frames.send(frame.clone()).await;
                        }
                        say.send_replace(Some(frames));
                    }
                    Event::Disconnected { .. } => {
                        say.send_replace(None);
                    }
                    Event::Frame { bytes, .. } => {
                        if let Some(frame) = Frame::from_bytes(&bytes) {
                            let _ = tell.try_send(frame);
                        }
                    }
                    Event::Asked { .. } => {}
                }
            }
        });
        Speaker { frames, heard, _commands: commands }
    }

    fn hello(&self) -> Frame {
        Frame::Hello(Hello { store: clock::random(), known: clock::random(), hour: clock::now().hour() })
    }

    /// It claims to know every list, in a version that is still to come.
    fn known(&self) -> Frame {
        let mut owners = [self.victim.root, self.honest_root()];
        owners.sort_unstable();
        let lists = owners.map(|owner| Known { circle: self.circle, owner, version: 99 }).to_vec();
        Frame::Known(Knowledge { certificates: Vec::new(), lists })
    }

    fn list(&self, key: &SigningKey) -> Frame {
        let mut members = vec![self.victim.root, self.honest_root(), self.hostile_root()];
        members.sort_unstable();
        let owner = self.hostile_root();
        let name = "BAM".to_owned();
        let list = CircleList { circle: self.circle, owner, version: 99, name, arrangement: String::new(), members };
        Frame::Papers(vec![Paper::List(owner, ByteVec::from(list.sign(key)))])
    }

    /// A stream of bytes without frames: whoever speaks does so by hand. It lives as long as both
    /// that are given.
    pub async fn raw(&self) -> (Box<dyn Both>, Network) {
        let (give, mut streams) = mpsc::channel::<Box<dyn Both>>(1);
        let life: Life = Arc::new(move |stream, _, _, _| {
            let give = give.clone();
            async move {
                let _ = give.send(stream).await;
                std::future::pending().await
            }
            .boxed()
        });
        let network = network::start_with(&self.hostile.home.node, &[], clock::generator(), life).expect("it starts");
        self.dial(&network).await;
        let stream = until("a raw stream", async || streams.recv().await).await;
        (stream, network)
    }

    pub fn hostile_node(&self) -> NodeKey {
        keys::node_key(&self.hostile.home.node)
    }

    /// The header of a first version of a new document of the hostile partner.
    pub fn header(&self, value: &SharedValue) -> Header {
        self.header_in(self.circle, self.hostile_root(), value)
    }

    pub fn header_in(&self, circle: CircleId, owner: RootId, value: &SharedValue) -> Header {
        let now = clock::now().hour();
        Header {
            format: FORMAT,
            circle,
            kind: value.kind(),
            document: DocumentId(clock::random()),
            owner,
            stamp: Stamp::Version { incarnation: 1, number: 1 },
            author: self.hostile_node(),
            content: Content::Version,
            schema: 1,
            signed_at: now,
            expires_at: now.plus_days(30),
            body_hash: [0; 32],
        }
    }

    /// `value` as the body that belongs under `header`.
    pub fn body(&self, header: &Header, value: &SharedValue) -> Vec<u8> {
        let Stamp::Version { incarnation, number } = header.stamp else { panic!("not a version") };
        let actor = body::version_actor(header.author, incarnation, number, header.document);
        body::encode(value, actor).expect("a value of fixed form")
    }

    /// Signed by the hostile partner, whatever it says.
    pub fn sign(&self, header: Header, body: Vec<u8>) -> Envelope {
        Envelope::sign(header, body, &self.hostile.home.node).into_inner()
    }

    /// An honest version of `value` of a document.
    pub fn version(&self, header: &Header, value: &SharedValue) -> Envelope {
        self.sign(header.clone(), self.body(header, value))
    }
}

impl Speaker {
    /// Says a frame on whatever stream is open.
    pub async fn say(&mut self, frame: &Frame) {
        let bytes = frame.to_bytes();
        loop {
            let open = self.frames.wait_for(Option::is_some).await.expect("the network runs").clone();
            let Some(open) = open else { continue };
            if open.send(bytes.clone()).await.is_ok() {
                return;
            }
            self.frames.changed().await.expect("the network runs");
        }
    }

    /// Sends envelopes, over any limit too, in one frame.
    pub async fn send(&mut self, envelopes: &[Envelope]) {
        let wire = envelopes.iter().map(|envelope| ByteVec::from(envelope.to_bytes())).collect();
        self.say(&Frame::Envelopes(wire)).await;
    }
}
