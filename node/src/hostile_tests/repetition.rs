//! Who goes on is suspended, and nobody else: what an honest node could have sent never counts, and
//! who brings what another signed does not pay for it.

use replication::coedited::Opening;
use replication::edit::{self, Editor};
use schemas::envelope::{Content, Envelope, Stamp};
use schemas::ids::{DocumentId, Session};
use schemas::{Kind, SharedValue};
use serde_json::{Value, json};

use super::scene::{HONEST, HOSTILE, Scene, until};
use super::speaker::{Speaker, remark};
use crate::clock;
use crate::commands::Request;

const BOMB: &[u8] = include_bytes!("../../replication/tests/hostile/actor-absent.change");

impl Scene {
    /// What `overbuur partners` says at the victim of the suspension of the hostile partner.
    async fn suspension(&self) -> Value {
        let rows = self.victim.ask(Request::Partners).await.expect("it answers");
        rows.into_iter().find(|row| row["refnis"] == HOSTILE).unwrap_or_default()["suspended"].clone()
    }
}

/// Says it again and again.
async fn for_ever(speaker: &mut Speaker, envelopes: &[Envelope]) {
    loop {
        speaker.send(envelopes).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_is_suspended_until_somebody_resumes_also_after_a_restart() {
    let mut scene = Scene::set().await;
    let value = remark("van een ander");
    let mut forged = scene.version(&scene.header(&value), &value);
    forged.header.document = DocumentId(clock::random());
    let before = scene.watch_memory();
    let began = clock::stopwatch();
    let mut speaker = scene.speaker().await;
    let forged = [forged];
    let suspension = tokio::select! {
        () = for_ever(&mut speaker, &forged) => unreachable!("it says it for ever"),
        suspension = async {
            until("it is suspended", async || Some(scene.suspension().await).filter(Value::is_object)).await
        } => suspension,
    };
    drop(speaker);
    println!("suspended after {} s", began.elapsed().as_secs());
    assert_eq!((&suspension["by"], &suspension["why"]), (&json!("overbuur"), &json!("forged")));
    let closed = |row: &Value| row["connected_since"].is_null() && row["not_connected_because"] == "suspended: forged";
    until("status says why", async || closed(&scene.victim.sees(HOSTILE).await).then_some(())).await;
    assert!(scene.victim.sees(HOSTILE).await["held_back"].is_null(), "the suspension stands in its place");
    scene.honest_is_served("while the other is suspended").await;
    scene.memory_is_flat("forged again and again", before);

    scene.victim.restarted(|_| {}).await;
    assert_eq!(scene.suspension().await, suspension, "a restart forgets nothing");
    scene.honest_is_served("after a restart").await;
    assert!(scene.victim.sees(HOSTILE).await["connected_since"].is_null());

    println!("restarted after {} s", began.elapsed().as_secs());
    // It is let in again, and what it did before is over.
    scene.victim.ask(Request::Resume { who: HOSTILE.into() }).await.expect("resumed");
    until("the door is open", async || (!closed(&scene.victim.sees(HOSTILE).await)).then_some(())).await;
    let mut speaker = scene.speaker().await;
    let value = remark("weer eerlijk");
    speaker.send(&[scene.version(&scene.header(&value), &value)]).await;
    until("what it says honestly", async || {
        let shown = scene.victim.documents_of(scene.hostile_root()).await;
        shown.iter().any(|row| row["value"]["text"] == "weer eerlijk").then_some(())
    })
    .await;
    println!("resumed after {} s", began.elapsed().as_secs());
    assert!(scene.suspension().await.is_null());
    assert!(scene.victim.sees(HOSTILE).await["held_back"].is_null());
}

/// The opening of a page of the hostile partner in which all three write.
fn opening(scene: &Scene, document: DocumentId) -> Envelope {
    let session = Session(clock::random());
    let editor = Editor { author: scene.hostile_node(), session, spare: session, document };
    let text = json!({
        "title": "Fiche", "kind": "welcome_sheet", "language": "nl", "body": "Tekst", "tags": [], "licence": "CC-BY-4.0"
    });
    let text = SharedValue::from_json(Kind::Resource, text).expect("a resource");
    let change = edit::open(editor, &text).expect("a text").bodies.remove(0);
    let mut writers = vec![scene.hostile_root(), scene.honest_root(), scene.victim.root];
    writers.sort_unstable();
    let mut header = scene.header(&remark("geen"));
    (header.kind, header.document, header.content) = (Kind::Resource, document, Content::Opening);
    header.stamp = Stamp::Change { session, seq: 1 };
    scene.sign(header, Opening { writers, change }.to_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_what_another_signed_and_what_honest_nodes_send_is_never_held_back() {
    let scene = Scene::set().await;
    let mut speaker = scene.speaker().await;
    let document = DocumentId(clock::random());
    let opened = opening(&scene, document);
    // Signed by the honest partner's key, brought by the other: an earlier release may pass on what
    // it does not understand.
    let mut header = opened.header.clone();
    header.content = Content::Change;
    header.stamp = Stamp::Change { session: Session(clock::random()), seq: 2 };
    let brought = Envelope::sign(header, BOMB.to_vec(), &scene.honest.home.node).into_inner();
    // What is over, was overtaken, or is for a circle that is not known here.
    let value = remark("te laat");
    let mut over = scene.header(&value);
    over.expires_at = over.signed_at;
    let first = scene.header(&value);
    let mut second = first.clone();
    second.stamp = Stamp::Version { incarnation: 1, number: 2 };
    let elsewhere = scene.header_in(schemas::ids::CircleId([8; 16]), scene.hostile_root(), &value);
    let innocent = [over, second, first, elsewhere].map(|header| scene.version(&header, &value));
    speaker.send(&[opened]).await;
    until("the page", async || {
        let shown = scene.victim.documents_of(scene.hostile_root()).await;
        shown.iter().any(|row| row["document"] == document.to_string()).then_some(())
    })
    .await;

    // An offence counts once a second, and the third holds back.
    let began = clock::now();
    let mut rounds = 0;
    while clock::now() < began.plus_seconds(5) {
        speaker.send(&innocent).await;
        speaker.send(std::slice::from_ref(&brought)).await;
        rounds += 1;
        scene.victim.refuses("unsafe body", rounds).await;
    }
    assert!(rounds > 1, "{rounds} rounds");
    for reason in ["expired", "superseded", "not in the circle"] {
        scene.victim.refuses(reason, 2).await;
    }
    for who in [HOSTILE, HONEST] {
        let row = scene.victim.sees(who).await;
        assert!(row["held_back"].is_null(), "{row}");
    }
    assert!(scene.suspension().await.is_null());
    scene.honest_is_served("after what another brought").await;
}
