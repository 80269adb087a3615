//! Too much of everything. `OVERBUUR_LONG` sends all of it, else a part.

use minicbor::bytes::ByteVec;
use replication::coedited::Opening;
use replication::edit::{self, Editor};
use replication::frames::{Frame, Round};
use schemas::Kind;
use schemas::SharedValue;
use schemas::envelope::{Content, Envelope, Stamp};
use schemas::ids::{DocumentId, EnvelopeId, Session};
use serde_json::json;

use super::scene::{HOSTILE, Scene, until};
use super::speaker::remark;
use crate::clock;

/// Ids in one round of the check: as many as fit.
const IDS: usize = 4_000;

fn long() -> bool {
    std::env::var_os("OVERBUUR_LONG").is_some()
}

fn resource(words: usize) -> SharedValue {
    let json = json!({
        "title": "Fiche", "kind": "welcome_sheet", "language": "nl", "body": "woord ".repeat(words),
        "tags": [], "licence": "CC-BY-4.0"
    });
    SharedValue::from_json(Kind::Resource, json).expect("a resource of fixed form")
}

/// A change of `document` that follows one which nobody has.
fn orphan(scene: &Scene, document: DocumentId) -> Envelope {
    let session = Session(clock::random());
    let editor = Editor { author: scene.hostile_node(), session, spare: session, document };
    let changes = edit::open(editor, &resource(700)).expect("a text in two stages");
    let mut header = scene.header(&remark("geen"));
    header.kind = Kind::Resource;
    header.document = document;
    header.content = Content::Change;
    header.stamp = Stamp::Change { session, seq: 2 };
    scene.sign(header, changes.bodies.get(1).expect("a second stage").clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_follow_nothing_fill_no_memory() {
    let scene = Scene::set().await;
    let mut speaker = scene.speaker().await;
    let session = Session(clock::random());
    let document = DocumentId(clock::random());
    let editor = Editor { author: scene.hostile_node(), session, spare: session, document };
    let first = edit::open(editor, &resource(1)).expect("a text").bodies.remove(0);
    let mut header = scene.header(&remark("geen"));
    (header.kind, header.document, header.content) = (Kind::Resource, document, Content::Opening);
    header.stamp = Stamp::Change { session, seq: 1 };
    let opening = Opening { writers: vec![scene.hostile_root()], change: first }.to_bytes();
    speaker.send(&[scene.sign(header, opening)]).await;
    until("the resource", async || {
        let shown = scene.victim.documents_of(scene.hostile_root()).await;
        shown.iter().any(|row| row["kind"] == "resource").then_some(())
    })
    .await;

    let before = scene.watch_memory();
    let count = if long() { 10_000 } else { 1_500 };
    for at in 0..count / 25 {
        // Of that document, and of others that were never opened.
        let of = if at % 2 == 0 { document } else { DocumentId(clock::random()) };
        let orphans: Vec<Envelope> = (0..25).map(|_| orphan(&scene, of)).collect();
        speaker.send(&orphans).await;
    }
    scene.honest_is_served("during orphans").await;
    scene.memory_is_flat(&format!("{count} orphans"), before);
}

/// A message of the protocol that claims to hold so many ids that nobody has, everywhere.
fn fake_ids(count: usize) -> Vec<u8> {
    let mut message = vec![0x61, 0, 0, 2];
    // Numbers are written seven bits at a time, the highest first.
    message.extend([0x80 | u8::try_from(count >> 7).expect("under 16,384"), (count & 0x7f) as u8]);
    let mut id = EnvelopeId(clock::random());
    for number in 0..count {
        id.0[..8].copy_from_slice(&(number as u64).to_be_bytes());
        message.extend(id.0);
    }
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_nobody_has_are_asked_for_and_forgotten() {
    let scene = Scene::set().await;
    let mut speaker = scene.speaker().await;
    let before = scene.watch_memory();
    let rounds = if long() { 1_000_000 / IDS } else { 40 };
    let day = u32::try_from(clock::now().0 / 86_400).expect("this century");
    let round = |answer, number| {
        let message = ByteVec::from(fake_ids(IDS));
        Frame::Check(Round { circle: scene.circle, day, answer, number, message })
    };
    for number in 0..rounds as u64 {
        // Its own rounds, and answers to the victim's where that is the side that begins.
        speaker.say(&round(false, number)).await;
        while let Ok(heard) = speaker.heard.try_recv() {
            if let Frame::Check(Round { answer: false, number, .. }) = heard {
                speaker.say(&round(true, number)).await;
            }
        }
    }
    scene.honest_is_served("during fake ids").await;
    scene.memory_is_flat(&format!("{} fake ids", rounds * IDS), before);
    let seen = scene.victim.sees(HOSTILE).await;
    println!("refused: {}, held back: {}", seen["refused"], seen["held_back"]);
}
