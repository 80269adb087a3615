//! Envelopes that no honest node sends, one by one.

use replication::body;
use replication::coedited::Opening;
use schemas::Kind;
use schemas::envelope::{Content, Envelope, Stamp};
use schemas::ids::{CircleId, DocumentId, Session};
use sha2::{Digest, Sha256};

use super::scene::{HOSTILE, Scene, until};
use super::speaker::remark;
use crate::{clock, keys};

/// Automerge changes that panic, abort or exhaust whoever believes them; see their README.
const FIXTURES: [(&str, &[u8]); 7] = [
    ("op-bomb-100-million", include_bytes!("../../replication/tests/hostile/op-bomb-100-million.change")),
    ("op-bomb-2-million", include_bytes!("../../replication/tests/hostile/op-bomb-2-million.change")),
    ("inflate-bomb-100-mb", include_bytes!("../../replication/tests/hostile/inflate-bomb-100-mb.change")),
    ("actor-absent", include_bytes!("../../replication/tests/hostile/actor-absent.change")),
    ("start-op-near-2-32", include_bytes!("../../replication/tests/hostile/start-op-near-2-32.change")),
    ("start-op-too-low", include_bytes!("../../replication/tests/hostile/start-op-too-low.change")),
    ("dense-19990-operations", include_bytes!("../../replication/tests/hostile/dense-19990-operations.change")),
];

/// Maps in maps, by an actor of sixteen equal bytes.
const NESTED: &[u8] = include_bytes!("../../replication/tests/hostile/nested-2000-maps.change");

/// The maps in maps as `actor` makes them.
fn nested(actor: [u8; 16]) -> Vec<u8> {
    let mut change = NESTED.to_vec();
    let at = change.windows(16).position(|bytes| bytes == [1; 16]).expect("an actor");
    change[at..at + 16].copy_from_slice(&actor);
    let digest = Sha256::digest(&change[8..]);
    change[4..8].copy_from_slice(&digest[..4]);
    change
}

/// The same by the actor that each is checked for: it comes as far as an honest one.
fn nested_both_ways(scene: &Scene) -> [Envelope; 2] {
    let [version, opening] = both_ways(scene, NESTED).map(|one| one.header);
    let of_version = body::version_actor(version.author, 1, 1, version.document);
    let Stamp::Change { session, .. } = opening.stamp else { panic!("an opening") };
    let of_session = body::session_actor(opening.author, session, opening.document);
    let opened = Opening { writers: vec![scene.hostile_root()], change: nested(of_session) };
    [scene.sign(version, nested(of_version)), scene.sign(opening, opened.to_bytes())]
}

/// A fixture as the only version of a document, and as the opening of a resource.
fn both_ways(scene: &Scene, change: &[u8]) -> [Envelope; 2] {
    let header = scene.header(&remark("een bom"));
    let mut opening = header.clone();
    opening.kind = Kind::Resource;
    opening.content = Content::Opening;
    opening.stamp = Stamp::Change { session: Session(clock::random()), seq: 1 };
    let writers = vec![scene.hostile_root()];
    let opened = Opening { writers, change: change.to_vec() }.to_bytes();
    [scene.sign(header, change.to_vec()), scene.sign(opening, opened)]
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bytes_are_refused_and_cost_nothing() {
    let scene = Scene::set().await;
    let mut speaker = scene.speaker().await;
    let before = scene.watch_memory();
    let fixtures = FIXTURES.iter().flat_map(|(_, change)| both_ways(&scene, change));
    let fixtures: Vec<Envelope> = fixtures.chain(nested_both_ways(&scene)).collect();
    speaker.send(&fixtures).await;
    // A frame with an envelope over the limit is no frame at all: the others come alone.
    scene.victim.refuses("malformed", 1).await;
    drop(speaker);
    let mut speaker = scene.speaker().await;
    let small: Vec<Envelope> = fixtures.into_iter().filter(|one| one.to_bytes().len() <= 64 * 1024).collect();
    speaker.send(&small).await;
    let refused = until("every bomb is refused", async || {
        let refused = scene.victim.sees(HOSTILE).await["refused"].clone();
        let counts = refused.as_object()?.values().filter_map(|count| count.as_u64());
        (counts.sum::<u64>() > small.len() as u64).then_some(refused)
    })
    .await;
    println!("refused: {refused}");
    assert!(refused["unsafe body"].as_u64() >= Some(FIXTURES.len() as u64), "{refused}");
    scene.honest_is_served("after the bombs").await;
    scene.memory_is_flat("bombs", before);
    assert!(scene.victim.documents_of(scene.hostile_root()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_or_moved_is_refused() {
    let scene = Scene::set().await;
    let mut speaker = scene.speaker().await;
    let before = scene.watch_memory();
    let value = remark("van een ander");
    let honest_key = keys::node_key(&scene.honest.home.node);

    // The honest partner's name under the hostile one's signature.
    let mut forged = scene.header_in(scene.circle, scene.honest_root(), &value);
    forged.author = honest_key;
    let body = scene.body(&forged, &value);
    forged.body_hash = schemas::envelope::body_hash(&body);
    let signature = scene.sign(forged.clone(), body.clone()).signature;
    let mut lies = vec![Envelope { header: forged, signature, body }];
    // An honest envelope of its own, moved elsewhere after it was signed.
    let header = scene.header(&value);
    let true_one = scene.version(&header, &value);
    let mut moved = vec![true_one.clone(); 6];
    moved[0].header.circle = CircleId([9; 16]);
    moved[1].header.circle = CircleId::pair(scene.hostile_root(), scene.victim.root);
    moved[2].header.kind = Kind::IndicatorReport;
    moved[3].header.document = DocumentId(clock::random());
    moved[4].header.stamp = Stamp::Version { incarnation: 1, number: 2 };
    moved[5].body.push(0);
    let count = lies.len() + moved.len();
    lies.extend(moved);
    speaker.send(&lies).await;
    scene.victim.refuses("forged", count as u64).await;

    // Another's document, another's actor.
    let theirs = scene.header_in(scene.circle, scene.victim.root, &value);
    let own = scene.header(&value);
    let actor = body::version_actor(honest_key, 1, 1, own.document);
    let stolen = body::encode(&value, actor).expect("a body");
    speaker.send(&[scene.version(&theirs, &value), scene.sign(own, stolen)]).await;
    scene.victim.refuses("may not write this", 1).await;
    scene.victim.refuses("unsafe body", 1).await;

    // A circle that it is not in.
    let elsewhere = scene.header_in(CircleId([8; 16]), scene.hostile_root(), &value);
    speaker.send(&[scene.version(&elsewhere, &value)]).await;
    scene.victim.refuses("not in the circle", 1).await;

    scene.honest_is_served("after forgeries").await;
    scene.memory_is_flat("forgeries", before);
    assert!(scene.victim.documents_of(scene.hostile_root()).await.is_empty());
    println!("refused: {}", scene.victim.sees(HOSTILE).await["refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bodies_under_one_version_leave_one_and_what_was_erased_stays_away() {
    let scene = Scene::set().await;
    let mut speaker = scene.speaker().await;
    let shown = async |text: &str| {
        let all = scene.victim.documents_of(scene.hostile_root()).await;
        all.iter().any(|row| row["value"]["text"] == text)
    };
    let (first, second) = (remark("het ene"), remark("het andere"));
    let header = scene.header(&first);
    let one = scene.version(&header, &first);
    let other = scene.version(&header, &second);
    let stays = if one.id() < other.id() { "het ene" } else { "het andere" };
    for order in [[&one, &other], [&other, &one]] {
        speaker.send(&order.map(Clone::clone)).await;
    }
    until("the one that stays", async || shown(stays).await.then_some(())).await;
    assert_eq!(scene.victim.documents_of(scene.hostile_root()).await.len(), 1);

    // Erased, and then said again by who still has it.
    let mut erased = header.clone();
    erased.content = Content::Erased;
    erased.stamp = Stamp::Version { incarnation: 1, number: 2 };
    erased.expires_at = erased.signed_at.plus_days(erased.kind.max_days() + 1);
    speaker.send(&[scene.sign(erased, Vec::new())]).await;
    until("the erasure", async || (!shown(stays).await).then_some(())).await;
    let mut later = header.clone();
    later.stamp = Stamp::Version { incarnation: 7, number: 7 };
    speaker.send(&[one, other, scene.version(&later, &first)]).await;
    scene.victim.refuses("superseded", 3).await;
    scene.honest_is_served("after an erasure").await;
    assert!(scene.victim.documents_of(scene.hostile_root()).await.is_empty(), "it came back");
}
