//! Two networks on the loopback: who gets in, and what comes over.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use replication::frames::MAX_FRAME;
use schemas::ids::NodeKey;
use tokio::sync::{mpsc, oneshot};

use crate::link::{Asked, Command, Event};
use crate::network::{Network, start};
use crate::pairing::MAX_MESSAGE;
use crate::{clock, keys};

/// Decides how late a hang is noticed, never whether a test passes.
const DEADLINE: Duration = Duration::from_secs(60);

struct Node {
    key: SigningKey,
    network: Network,
    /// Streams stay open while somebody may send on them.
    open: Vec<mpsc::Sender<Vec<u8>>>,
}

impl Node {
    fn new() -> Self {
        let key = keys::new_key();
        let listen = ["/ip4/127.0.0.1/tcp/0".to_owned()];
        let network = start(&key, &listen, clock::generator()).expect("the loopback is there");
        Self { key, network, open: Vec::new() }
    }

    fn id(&self) -> NodeKey {
        keys::node_key(&self.key)
    }

    async fn addresses(&self) -> Vec<String> {
        loop {
            let listening = self.network.outlook.lock().expect("nobody panicked").listening.clone();
            if !listening.is_empty() {
                return listening;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn command(&self, command: Command) {
        self.network.commands.send(command).await.expect("the network runs");
    }

    async fn allow(&self, other: &Self) {
        let addresses = other.addresses().await;
        self.command(Command::Allow { node: other.id(), addresses }).await;
    }

    async fn event(&mut self) -> Event {
        let event = tokio::time::timeout(DEADLINE, self.network.events.recv()).await;
        let event = event.expect("something happens").expect("the network runs");
        if let Event::Connected { frames, .. } = &event {
            self.open.push(frames.clone());
        }
        event
    }

    /// Waits for a stream; gives its number and where frames go in.
    async fn connected(&mut self) -> (u64, mpsc::Sender<Vec<u8>>) {
        loop {
            if let Event::Connected { stream, frames, .. } = self.event().await {
                return (stream, frames);
            }
        }
    }
}

#[tokio::test]
async fn frames_come_over_in_order_and_a_lost_stream_comes_back() {
    let (mut a, mut b) = (Node::new(), Node::new());
    a.allow(&b).await;
    b.allow(&a).await;
    let (_, mut frames) = a.connected().await;
    let mut seen = Vec::new();
    let (mut sent, mut on) = (0_u8, 0);
    while seen.len() < 40 {
        // Both may dial at first: frames of a stream that lost are sent again on the other.
        while sent < 40 && frames.try_send(vec![sent; 1000]).is_ok() {
            sent += 1;
        }
        tokio::select! {
            event = b.event() => match event {
                Event::Connected { stream, .. } => { on = stream; seen.clear(); }
                Event::Frame { stream, bytes, .. } if stream == on => seen.push(bytes[0]),
                _ => {}
            },
            event = a.event() => if let Event::Connected { frames: newer, .. } = event {
                frames = newer;
                sent = 0;
            },
        }
    }
    assert_eq!(seen, (0..40).collect::<Vec<u8>>());
    a.command(Command::Close { node: b.id() }).await;
    while !matches!(b.event().await, Event::Disconnected { stream, .. } if stream == on) {}
    b.connected().await;
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_the_stream_and_nothing_of_it_arrives() {
    let (mut a, mut b) = (Node::new(), Node::new());
    a.allow(&b).await;
    b.allow(&a).await;
    let (_, frames) = a.connected().await;
    let (on, _) = b.connected().await;
    frames.send(vec![0; MAX_FRAME + 1]).await.expect("the stream is open");
    let (mut gone, mut deadline) = (false, 0);
    while !gone {
        tokio::select! {
            event = b.event() => match event {
                Event::Disconnected { .. } => gone = true,
                Event::Frame { .. } => panic!("it was believed"),
                _ => {}
            },
            _ = a.event() => deadline += 1,
        }
        assert!(deadline < 100, "stream {on} never ended");
    }
}

#[tokio::test]
async fn a_stranger_gets_in_only_while_an_invitation_is_live_and_only_to_pair() {
    let (mut a, b) = (Node::new(), Node::new());
    let addresses = a.addresses().await;
    let inviter = a.id();
    let ask = |request: Vec<u8>| {
        let (answer, answered) = oneshot::channel();
        let command = Command::Pair { node: inviter, addresses: addresses.clone(), request, answer };
        (command, answered)
    };
    let (command, answered) = ask(b"closed".to_vec());
    b.command(command).await;
    assert!(answered.await.expect("answered").is_err(), "no invitation is live");

    let (done, opened) = oneshot::channel();
    a.command(Command::Strangers { open: true, known: Vec::new(), done }).await;
    opened.await.expect("the door is open");
    let (command, answered) = ask(b"open".to_vec());
    b.command(command).await;
    match a.event().await {
        Event::Asked { what: Asked::Pairing, node, request, answer } => {
            assert_eq!((node, request), (b.id(), b"open".to_vec()));
            answer.send(b"welcome".to_vec()).expect("still asked");
        }
        _ => panic!("only to pair"),
    }
    assert_eq!(answered.await.expect("answered").expect("an answer"), b"welcome");

    let (command, answered) = ask(vec![0; MAX_MESSAGE + 1]);
    b.command(command).await;
    assert!(answered.await.expect("answered").is_err(), "over the limit");
    let (answer, answered) = oneshot::channel();
    b.command(Command::HandOver { node: a.id(), request: vec![1], answer }).await;
    assert!(answered.await.expect("answered").is_err(), "not a partner");
}

#[tokio::test]
async fn a_handover_reaches_a_partner_and_its_answer_comes_back() {
    let (mut a, mut b) = (Node::new(), Node::new());
    a.allow(&b).await;
    b.allow(&a).await;
    b.connected().await;
    loop {
        let (answer, answered) = oneshot::channel();
        b.command(Command::HandOver { node: a.id(), request: b"sealed".to_vec(), answer }).await;
        let mut answered = std::pin::pin!(answered);
        let outcome = loop {
            tokio::select! {
                outcome = &mut answered => break outcome,
                event = a.event() => if let Event::Asked { what, request, answer, .. } = event {
                    assert_eq!((what, request), (Asked::Handover, b"sealed".to_vec()));
                    answer.send(b"taken".to_vec()).expect("still asked");
                },
            }
        };
        // While both dial, the connection that carried it may be the one that loses.
        if let Ok(Ok(bytes)) = outcome {
            assert_eq!(bytes, b"taken");
            return;
        }
        b.connected().await;
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let a = Node::new();
    let taken = a.addresses().await;
    let error = start(&keys::new_key(), &taken, clock::generator()).err().expect("in use");
    assert!(error.to_string().contains("al in gebruik"), "{error}");
    let error = start(&keys::new_key(), &["here".to_owned()], clock::generator()).err().expect("no address");
    assert!(error.to_string().contains("geen adres"), "{error}");
}
