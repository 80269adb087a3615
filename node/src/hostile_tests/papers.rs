//! Certificates and invitations that do not hold, between live nodes.

use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteVec;
use replication::frames::{Frame, Paper};
use schemas::ids::RootId;
use schemas::time::Timestamp;
use tokio::sync::oneshot;

use super::scene::{HOSTILE, Scene, until};
use crate::book::{Book, Issued};
use crate::commands::{self, Request};
use crate::invitation::{CircleOffer, Invitation};
use crate::link::Command;
use crate::pairing::{self, JoinRequest, Refused};
use crate::{clock, keys, network};

const DAY: u64 = 86_400;

fn root_of_the_hostile(scene: &Scene) -> SigningKey {
    let secret = keys::read_secret(&scene.hostile.home.dir().join("root.key")).expect("its own");
    SigningKey::from_bytes(&secret)
}

fn paper(certificate: Vec<u8>) -> Frame {
    Frame::Papers(vec![Paper::Certificate(ByteVec::from(certificate))])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_cover_now_closes_the_stream_and_status_says_so() {
    let scene = Scene::set().await;
    let home = &scene.hostile.home;
    let root = root_of_the_hostile(&scene);
    let refnis = home.refnis().expect("a municipality");
    let now = clock::now().0;
    let signed = |serial, from| keys::certify(&root, &home.node, refnis, None, serial, Timestamp(from));
    let mut speaker = scene.speaker().await;

    // One that no root signed is forged, one of another root makes nobody a partner.
    let mut broken = home.certificate_bytes.clone();
    broken[20] ^= 1;
    speaker.say(&paper(broken)).await;
    scene.victim.refuses("forged", 1).await;
    let partners = scene.victim.ask(Request::Partners).await.expect("it answers").len();
    let other = keys::certify(&keys::new_key(), &home.node, refnis, None, 9, Timestamp(now));
    speaker.say(&paper(other)).await;
    // An earlier one that has ended takes nothing away from the one that holds.
    speaker.say(&paper(signed(0, now - 400 * DAY))).await;
    scene.honest_is_served("after wrong certificates").await;
    assert_eq!(scene.victim.ask(Request::Partners).await.expect("it answers").len(), partners);
    assert!(scene.victim.sees(HOSTILE).await["connected_since"].is_u64());

    // Back-dated under a higher serial it is the newest, and covers nothing.
    speaker.say(&paper(signed(9, now - 400 * DAY))).await;
    let why = "certificate out of date";
    until(why, async || (scene.victim.sees(HOSTILE).await["not_connected_because"] == why).then_some(())).await;
    scene.honest_is_served("after a back-dated certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_under_one_serial_the_key_that_the_other_retires_is_let_out_at_once() {
    let scene = Scene::set().await;
    let root = root_of_the_hostile(&scene);
    let mut claims = scene.hostile.own.get().certificate.get().clone();
    let next = keys::new_key();
    claims.retired.push(std::mem::replace(&mut claims.node, keys::node_key(&next)));
    let rotated = paper(claims.sign(&root, &next));
    let mut old = scene.speaker().await;
    let connected = async || scene.victim.sees(HOSTILE).await["connected_since"].is_u64();
    until("the old key is in", async || connected().await.then_some(())).await;
    old.say(&rotated).await;
    until("the old key is out", async || (!connected().await).then_some(())).await;
    let _new = scene.speaker_with(&next).await;
    until("the new key is in", async || connected().await.then_some(())).await;
    scene.honest_is_served("after two certificates under one serial").await;
}

/// What the victim answers to who holds `invitation`.
async fn answered(scene: &Scene, invitation: &Invitation) -> Refused {
    let network = network::start(&scene.hostile.home.node, &[], clock::generator()).expect("it starts");
    let papers = scene.hostile.own.get();
    let side = papers.side();
    let request = JoinRequest::new(invitation, &side, clock::random(), Vec::new());
    let (answer, answered) = oneshot::channel();
    let (node, addresses) = (scene.victim.node, vec![scene.victim.address.clone()]);
    let pair = Command::Pair { node, addresses, request: request.to_bytes(), answer };
    network.commands.send(pair).await.expect("the network runs");
    let bytes = answered.await.expect("an answer").expect("an answer");
    pairing::accept(&bytes, &request, invitation, &side, clock::now()).expect_err("it is refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_expired_used_or_foreign_pairs_nobody() {
    let (mut scene, used) = Scene::set_with_invitation().await;
    let circle = CircleOffer { id: scene.circle, name: "BAM".into(), arrangement: String::new() };
    let expired = [5; 32];
    let issued = Issued { secret: expired, expires_at: clock::now().0 - 10, circle: circle.clone(), used: None };
    scene
        .victim
        .restarted(|service| {
            let keep = |book: &mut Book| {
                book.invitations.push(issued);
                Ok(())
            };
            service.with_book(keep).expect("kept");
        })
        .await;
    // The door is open: somebody else is expected.
    let live = Request::Invite { circle: Some("BAM".into()), arrangement: None };
    scene.victim.ask(live).await.expect("invited");

    let claims = |secret, root: RootId| Invitation {
        root,
        refnis: super::scene::VICTIM.into(),
        kbo: String::new(),
        node: scene.victim.node,
        addresses: vec![scene.victim.address.clone()],
        secret,
        expires_at: clock::now().0 + 1_000,
        circle: circle.clone(),
    };
    let partners = scene.victim.ask(Request::Partners).await.expect("it answers").len();
    assert_eq!(answered(&scene, &claims(expired, scene.victim.root)).await, Refused::Invitation);
    assert_eq!(answered(&scene, &claims([6; 32], scene.victim.root)).await, Refused::Invitation, "of nobody");
    let used = Invitation::from_text(&used, clock::now()).expect("it has not expired");
    assert_eq!(answered(&scene, &used).await, Refused::Invitation, "used by another");

    // Who types it in gets one sentence.
    let late = Invitation { expires_at: clock::now().0 - 1, ..used };
    let join = Request::Join { invitation: late.to_text() };
    let error = commands::execute(&scene.hostile, join, Vec::new()).await.expect_err("expired");
    assert!(error.to_string().contains("verlopen"), "{error}");
    let after = scene.victim.ask(Request::Partners).await.expect("it answers").len();
    assert_eq!(after, partners, "somebody was added");
    scene.honest_is_served("after wrong invitations").await;
}
