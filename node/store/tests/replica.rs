//! What the replication core asks to keep: envelopes, built documents, certificates, lists, and
//! the outbox, all or nothing.

use casework::ports::{Circle, Documents, Outgoing, Storage};
use ed25519_dalek::SigningKey;
use replication::api::{Cursor, Kept};
use replication::{DocumentView, Effect};
use schemas::certificate::{CircleList, NodeCertificate};
use schemas::envelope::{Content, Envelope, FORMAT, Header, Refusal, Stamp};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey};
use schemas::text::Text;
use schemas::time::{Hour, Timestamp};
use schemas::{Comment, Kind, SharedValue, Verified};
use store::Partner;
use store::testing::{TestOffice, office_for_tests};

const HOUR: Hour = Hour(497_000);

struct Node {
    root: SigningKey,
    key: SigningKey,
}

impl Node {
    fn new(seed: u8) -> Self {
        Self { root: SigningKey::from_bytes(&[seed; 32]), key: SigningKey::from_bytes(&[seed + 1; 32]) }
    }
    fn id(&self) -> RootId {
        RootKey(self.root.verifying_key().to_bytes()).id()
    }
    fn certificate(&self, serial: u64, from: Hour) -> Vec<u8> {
        self.saying(serial, from, None)
    }
    fn saying(&self, serial: u64, from: Hour, successor: Option<RootId>) -> Vec<u8> {
        let valid_until = from.plus_days(365);
        self.sign(NodeCertificate { serial, valid_from: from, valid_until, successor, ..self.claims() })
    }
    /// A certificate under another name.
    fn named(&self, refnis: &str, serial: u64) -> Vec<u8> {
        self.sign(NodeCertificate { refnis: refnis.to_owned(), serial, ..self.claims() })
    }
    fn claims(&self) -> NodeCertificate {
        NodeCertificate {
            root: RootKey(self.root.verifying_key().to_bytes()),
            refnis: "11001".to_owned(),
            kbo: String::new(),
            node: NodeKey(self.key.verifying_key().to_bytes()),
            serial: 1,
            valid_from: HOUR,
            valid_until: HOUR.plus_days(365),
            retired: Vec::new(),
            successor: None,
        }
    }
    fn sign(&self, claims: NodeCertificate) -> Vec<u8> {
        claims.sign(&self.root, &self.key)
    }
    fn envelope(&self, document: u8, number: u64, body: &[u8]) -> Verified<Envelope> {
        let header = Header {
            format: FORMAT,
            circle: CircleId([9; 16]),
            kind: Kind::Comment,
            document: DocumentId([document; 16]),
            owner: self.id(),
            stamp: Stamp::Version { incarnation: 1, number },
            author: NodeKey([0; 32]),
            content: Content::Version,
            schema: 1,
            signed_at: HOUR,
            expires_at: HOUR.plus_days(90),
            body_hash: [0; 32],
        };
        Envelope::sign(header, body.to_vec(), &self.key)
    }
}

fn partner(node: &Node) -> Partner {
    Partner {
        root: node.id(),
        refnis: "11001".parse().expect("in the table"),
        kbo: String::new(),
        name: "Aartselaar".to_owned(),
        addresses: Vec::new(),
        since: Timestamp(0),
    }
}

fn comment(text: &str) -> SharedValue {
    SharedValue::Comment(Comment { resource: DocumentId([4; 16]), text: Text::new(text).expect("a text") })
}

fn view(document: u8, owner: RootId, text: &str) -> DocumentView {
    DocumentView {
        circle: CircleId([9; 16]),
        document: DocumentId([document; 16]),
        owner,
        value: comment(text),
        heads: vec![[1; 32], [2; 32]],
        writers: [(owner, 3)].into(),
        changed_at: HOUR,
        expires_at: HOUR.plus_days(90),
        clipped: false,
        held: None,
        forked: Default::default(),
    }
}

fn documents(test: &TestOffice) -> Vec<casework::ports::Document> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let read = move |records: &mut dyn casework::ports::Records| {
        let documents: &mut dyn Documents = records;
        sender.send(documents.documents(Kind::Comment)?).expect("a receiver");
        Ok(())
    };
    test.store.read(Box::new(read)).expect("a snapshot");
    receiver.recv().expect("documents")
}

#[test]
fn envelopes_come_back_verified_and_go_when_told() {
    let test = office_for_tests();
    let node = Node::new(1);
    test.store.keep_certificate(&node.certificate(1, HOUR)).expect("kept");
    let (one, two) = (node.envelope(1, 1, b"one"), node.envelope(1, 2, b"two"));
    let other = node.envelope(2, 1, b"other");
    test.store.apply(vec![Effect::Store(vec![one.clone(), two.clone(), other.clone()])]).expect("stored");
    test.store.apply(vec![Effect::Store(vec![one.clone()])]).expect("stored once");
    assert_eq!(test.store.load(DocumentId([1; 16])).expect("loaded"), [one.clone(), two.clone()]);
    let headers = test.store.stored_headers().expect("headers");
    let found: Vec<_> = headers.iter().map(|stored| (stored.id, stored.header.clone(), stored.body_bytes)).collect();
    let all = [&one, &two, &other].map(|e| (e.get().id(), e.get().header.clone(), e.get().body.len() as u32));
    assert_eq!(found, all);
    let numbers = |ids: &[&Verified<Envelope>]| {
        test.store.numbers(&ids.iter().map(|envelope| envelope.get().id()).collect::<Vec<_>>()).expect("numbers")
    };
    let before = numbers(&[&other, &one]);
    let wire = |numbers: &[i64]| test.store.wire(numbers).expect("read");
    assert_eq!(wire(&before), [&one, &other].map(|e| e.get().to_bytes()), "in the order in which they came");
    test.store.apply(vec![Effect::Delete(vec![one.get().id()])]).expect("deleted");
    assert_eq!(test.store.load(DocumentId([1; 16])).expect("loaded"), [two]);
    assert_eq!(numbers(&[&one, &other]), before[1..]);
    assert_eq!(wire(&before), [other.get().to_bytes()]);
}

#[test]
fn an_older_certificate_still_covers_what_was_signed_under_it() {
    let test = office_for_tests();
    let node = Node::new(1);
    let signed = node.envelope(1, 1, b"one");
    test.store.apply(vec![Effect::Store(vec![signed.clone()])]).expect("stored");
    assert!(test.store.load(DocumentId([1; 16])).expect("loaded").is_empty(), "no certificate, no trust");
    let newer = node.certificate(2, HOUR.plus_days(300));
    test.store.apply(vec![Effect::Keep(Kept::Certificate(node.id(), newer))]).expect("kept");
    assert!(test.store.load(DocumentId([1; 16])).expect("loaded").is_empty());
    test.store.apply(vec![Effect::Keep(Kept::Certificate(node.id(), node.certificate(1, HOUR)))]).expect("kept");
    assert_eq!(test.store.load(DocumentId([1; 16])).expect("loaded"), [signed]);
    assert_eq!(test.store.certificates().expect("certificates").len(), 2);
}

#[test]
fn a_certificate_that_nobody_waits_for_covers_as_soon_as_it_is_stored() {
    let test = office_for_tests();
    let node = Node::new(1);
    let signed = node.envelope(1, 1, b"one");
    test.store.apply(vec![Effect::Store(vec![signed.clone()])]).expect("stored");
    assert!(test.store.load(DocumentId([1; 16])).expect("loaded").is_empty());
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let keep = Effect::Keep(Kept::Certificate(node.id(), node.certificate(1, HOUR)));
    let unwritten = test.store.apply_soon(vec![keep], move |outcome| tell.send(outcome).expect("a receiver"));
    assert!(unwritten.is_none());
    told.recv().expect("it is told").expect("stored");
    assert_eq!(test.store.load(DocumentId([1; 16])).expect("loaded"), [signed]);
    assert!(test.store.known_certificates().expect("certificates").of(node.id()).is_some());
}

#[test]
fn at_a_start_a_built_state_without_an_envelope_goes() {
    let test = office_for_tests();
    let node = Node::new(1);
    let show = |document| Effect::Show(view(document, node.id(), "one"));
    test.store.apply(vec![Effect::Store(vec![node.envelope(1, 1, b"one")]), show(1), show(2)]).expect("stored");
    test.store.drop_unbacked().expect("looked");
    let left: Vec<_> = documents(&test).into_iter().map(|document| document.id).collect();
    assert_eq!(left, [DocumentId([1; 16])]);
    test.store.drop_unbacked().expect("looked again");
    assert_eq!(documents(&test).len(), 1);
}

#[test]
fn documents_are_shown_replaced_and_hidden() {
    let test = office_for_tests();
    let owner = test.partner;
    test.store
        .apply(vec![Effect::Show(view(1, owner, "first")), Effect::Show(view(2, owner, "other"))])
        .expect("shown");
    test.store.apply(vec![Effect::Show(view(1, owner, "second"))]).expect("replaced");
    let shown = documents(&test);
    let expected = view(1, owner, "second");
    assert_eq!(
        (shown.len(), &shown[0].value, &shown[0].heads, &shown[0].writers),
        (2, &expected.value, &expected.heads, &expected.writers)
    );
    let hide = Effect::Hide { owner, document: DocumentId([1; 16]), kind: Kind::Comment, erased: false };
    test.store.apply(vec![hide]).expect("hidden");
    assert_eq!(documents(&test).len(), 1);
}

/// One id under two owners is two documents, and a look-up by the bare id goes to our own or to
/// the one that was here first.
#[test]
fn nobody_takes_the_place_of_another_by_its_id() {
    let test = office_for_tests();
    let (first, thief) = (test.partner, RootId([0; 32]));
    let look = |test: &TestOffice, owner: Option<RootId>| {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let id = DocumentId([1; 16]);
        let read = move |records: &mut dyn casework::ports::Records| {
            let found = match owner {
                Some(owner) => records.document_of(owner, id)?,
                None => records.document(id)?,
            };
            sender.send(found.map(|document| document.owner)).expect("a receiver");
            Ok(())
        };
        test.store.read(Box::new(read)).expect("a snapshot");
        receiver.recv().expect("an answer")
    };
    test.store.apply(vec![Effect::Show(view(1, first, "theirs"))]).expect("shown");
    test.store.apply(vec![Effect::Show(view(1, thief, "stolen"))]).expect("shown");
    test.store.apply(vec![Effect::Show(view(1, first, "theirs, later"))]).expect("shown");
    assert_eq!(documents(&test).len(), 2);
    assert_eq!(look(&test, None), Some(first));
    assert_eq!(look(&test, Some(thief)), Some(thief));
    test.store.apply(vec![Effect::Show(view(1, test.me, "ours"))]).expect("shown");
    assert_eq!(look(&test, None), Some(test.me));
    let hide = Effect::Hide { owner: thief, document: DocumentId([1; 16]), kind: Kind::Comment, erased: true };
    test.store.apply(vec![hide]).expect("hidden");
    assert_eq!((documents(&test).len(), look(&test, Some(first))), (2, Some(first)));
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let read = move |records: &mut dyn casework::ports::Records| {
        let id = DocumentId([1; 16]);
        sender.send((records.was_erased(thief, id)?, records.was_erased(first, id)?)).expect("a receiver");
        Ok(())
    };
    test.store.read(Box::new(read)).expect("a snapshot");
    assert_eq!(receiver.recv(), Ok((true, false)));
}

#[test]
fn effects_are_all_or_nothing() {
    let test = office_for_tests();
    let node = Node::new(1);
    let bad = Effect::Keep(Kept::Certificate(node.id(), b"no certificate".to_vec()));
    let stored = Effect::Store(vec![node.envelope(1, 1, b"one")]);
    test.store.apply(vec![stored, Effect::Show(view(1, node.id(), "first")), bad]).expect_err("a bad effect");
    assert!(test.store.stored_headers().expect("headers").is_empty());
    assert!(documents(&test).is_empty());
}

#[test]
fn the_newest_list_of_each_member_is_kept() {
    let test = office_for_tests();
    let node = Node::new(1);
    let list = |version| {
        CircleList {
            circle: test.circle,
            owner: node.id(),
            version,
            name: "BAM".to_owned(),
            arrangement: String::new(),
            members: vec![node.id()],
        }
        .sign(&node.key)
    };
    for version in [1, 2] {
        test.store.apply(vec![Effect::Keep(Kept::List(test.circle, node.id(), list(version)))]).expect("kept");
    }
    assert_eq!(test.store.lists().expect("lists"), [(test.circle, node.id(), list(2))]);
}

#[test]
fn whoever_listens_hears_of_commands_that_are_durable_and_of_no_others() {
    let test = office_for_tests();
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    test.store.on_commands(move |written| sender.send(written).expect("a receiver"));
    let erase = |number: u8| Outgoing::Erase { document: DocumentId([number; 16]) };
    let enqueue = |numbers: std::ops::RangeInclusive<u8>, then: casework::Result<()>| {
        test.store.write(Box::new(move |records| {
            for number in numbers {
                records.enqueue(&erase(number))?;
            }
            then
        }))
    };
    enqueue(1..=2, Ok(())).expect("written");
    enqueue(3..=3, Err(casework::Error::Store("thought better of it".to_owned()))).expect_err("rolled back");
    test.store.write(Box::new(|_| Ok(()))).expect("nothing to tell");
    enqueue(3..=200, Ok(())).expect("written");
    let first = receiver.recv().expect("told");
    assert_eq!((first.last, first.commands), (2, vec![(1, erase(1)), (2, erase(2))]));
    let many = receiver.recv().expect("told");
    assert_eq!((many.last, many.commands.len()), (200, 64), "the rest is read");
    assert_eq!(many.commands, test.store.outbox_next(2).expect("the outbox")[..64]);
    assert!(receiver.try_recv().is_err(), "once");
}

#[test]
fn a_document_that_comes_back_as_another_kind_is_found_as_that() {
    let test = office_for_tests();
    let first = view(1, RootId([2; 32]), "een");
    let report = serde_json::json!({
        "counts": [{ "indicator": "duos_formed", "category": "", "month": "2026-10", "value": 7 }]
    });
    let value = SharedValue::from_json(Kind::IndicatorReport, report).expect("a report");
    let second = DocumentView { value, ..first.clone() };
    test.store.apply(vec![Effect::Show(first), Effect::Show(second)]).expect("shown");
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    test.store
        .write(Box::new(move |records| {
            let count = |documents: Vec<casework::ports::Document>| documents.len();
            let found = (count(records.documents(Kind::Comment)?), count(records.documents(Kind::IndicatorReport)?));
            sender.send(found).expect("a receiver");
            Ok(())
        }))
        .expect("read");
    assert_eq!(receiver.recv().expect("an answer"), (0, 1));
}

#[test]
fn commands_wait_in_order_until_settled_and_a_refused_one_stays_with_its_reason() {
    let test = office_for_tests();
    let (circle, document) = (test.circle, DocumentId([1; 16]));
    let commands = vec![
        Outgoing::Publish { circle, document, value: comment("een"), expires_at: HOUR },
        Outgoing::Open { circle, document, value: comment("twee"), expires_at: HOUR },
        Outgoing::Edit { document, heads: vec![[3; 32]], value: comment("drie") },
        Outgoing::Erase { document: DocumentId([2; 16]) },
    ];
    let enqueued = commands.clone();
    test.store
        .write(Box::new(move |records| enqueued.iter().try_for_each(|command| records.enqueue(command).map(|_| ()))))
        .expect("enqueued");
    let waiting = test.store.outbox_next(0).expect("the outbox");
    assert_eq!(waiting.iter().map(|(_, command)| command.clone()).collect::<Vec<_>>(), commands);
    let numbers: Vec<i64> = waiting.into_iter().map(|(number, _)| number).collect();
    assert_eq!(test.store.outbox_next(numbers[2]).expect("the outbox").len(), 1);
    let settled = |at: usize, outcome| Effect::Settled { number: numbers[at].unsigned_abs(), outcome };
    test.store.apply(vec![settled(0, Ok(())), settled(2, Err(Refusal::OverBudget))]).expect("settled");
    assert!(test.store.is_settled(numbers[0]).expect("a look") && test.store.is_settled(numbers[2]).expect("a look"));
    assert!(!test.store.is_settled(numbers[1]).expect("a look"));
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    test.store
        .write(Box::new(move |records| {
            sender.send(records.refused()?).expect("a receiver");
            records.drop_refused(1)?;
            records.drop_refused(3)?;
            sender.send(records.refused()?).expect("a receiver");
            Ok(())
        }))
        .expect("refused ones");
    let refused = receiver.recv().expect("refused ones");
    assert_eq!(refused, [(numbers[2], commands[2].clone(), "over budget".to_owned())]);
    assert!(receiver.recv().expect("none left").is_empty());
}

#[test]
fn a_partner_comes_with_the_circle_of_two_and_goes_with_everything_about_it() {
    let test = office_for_tests();
    let pair = CircleId::pair(test.me, test.partner);
    let circles = || -> Vec<Circle> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(4);
        let read = move |records: &mut dyn casework::ports::Records| {
            sender.send(records.circles()?).expect("a receiver");
            Ok(())
        };
        test.store.read(Box::new(read)).expect("a snapshot");
        receiver.recv().expect("circles")
    };
    let members = || circles().iter().map(|one| (one.id, one.pair, one.members.len())).collect::<Vec<_>>();
    assert_eq!(members(), [(test.circle, false, 2), (pair, true, 2)]);
    // Another address changes nothing of what the two arranged.
    let arranged = Circle { arrangement: "GR 2026/114".to_owned(), ..circles().remove(1) };
    test.store.insert_circle(&arranged).expect("noted");
    let mut moved = test.store.partners().expect("partners").remove(0);
    moved.addresses = vec!["/ip4/192.0.2.7/tcp/4601".to_owned()];
    test.store.insert_partner(&moved).expect("another address");
    assert_eq!(circles()[1], arranged);
    test.store.remove_partner(test.partner).expect("removed");
    assert_eq!(members(), [(test.circle, false, 1)]);
    let node = Node::new(1);
    test.store.insert_partner(&partner(&node)).expect("a partner");
    test.store.keep_certificate(&node.certificate(1, HOUR)).expect("kept");
    test.store.remove_partner(node.id()).expect("removed");
    assert!(test.store.partners().expect("partners").is_empty());
    let kept = test.store.certificates().expect("certificates");
    assert_eq!(kept.len(), 1, "what it wrote in pages of others is still checked by it");
}

#[test]
fn a_store_stays_with_its_municipality() {
    let test = office_for_tests();
    let mut identity = test.store.identity().expect("a look").expect("an identity");
    identity.name = "Borsbeek (Antwerpen)".to_owned();
    test.store.set_identity(&identity).expect("the same root");
    assert_eq!(test.store.identity().expect("a look"), Some(identity.clone()));
    identity.root = test.partner;
    let refused = test.store.set_identity(&identity).expect_err("another root");
    assert_eq!(refused.to_string(), "refused: another-node");
}

#[test]
fn a_cursor_is_at_what_was_stored_last() {
    let test = office_for_tests();
    let (node, partner, circle) = (Node::new(1), RootId([7; 32]), CircleId([9; 16]));
    test.store.keep_certificate(&node.certificate(1, HOUR)).expect("kept");
    let in_step = |store| Effect::Keep(Kept::InStep { partner, circle, store: [store; 16], known: [3; 16] });
    let cursor = |store, number| Cursor { partner, circle, store: [store; 16], known: [3; 16], number };
    test.store.apply(vec![in_step(1)]).expect("kept");
    assert_eq!(test.store.cursors().expect("cursors"), [cursor(1, 0)]);
    let store = |document| Effect::Store(vec![node.envelope(document, 1, b"body")]);
    test.store.apply(vec![store(1), store(2), in_step(2), store(3)]).expect("kept");
    let cursors = test.store.cursors().expect("cursors");
    assert_eq!(cursors, [cursor(2, 2)], "before what came later in the same transaction");
    let numbers =
        || -> Vec<u64> { test.store.stored_headers().expect("headers").iter().map(|held| held.number).collect() };
    assert_eq!(numbers(), [1, 2, 3]);
    // What comes after has a higher number, also when the newest ones were deleted.
    let gone = [2, 3].map(|document| node.envelope(document, 1, b"body").get().id()).to_vec();
    test.store.apply(vec![Effect::Delete(gone)]).expect("deleted");
    test.store.apply(vec![store(4)]).expect("stored");
    assert_eq!(numbers(), [1, 4]);
}

#[test]
fn a_state_that_holds_what_was_deleted_is_built_anew() {
    let test = office_for_tests();
    let node = Node::new(1);
    let (one, two) = (node.envelope(1, 1, b"one"), node.envelope(1, 2, b"two"));
    let other = node.envelope(2, 1, b"other");
    let unbuilt = || test.store.unbuilt().expect("a look");
    let show = |document| Effect::Show(view(document, node.id(), "tekst"));
    test.store.apply(vec![Effect::Store(vec![one, two.clone(), other]), show(1), show(2)]).expect("shown");
    assert_eq!(unbuilt(), []);
    // The end comes between this and showing what is left.
    test.store.apply(vec![Effect::Delete(vec![two.get().id()])]).expect("deleted");
    assert_eq!(unbuilt(), [DocumentId([1; 16])]);
    test.store.apply(vec![show(1)]).expect("shown");
    assert_eq!(unbuilt(), []);
    let again = vec![Effect::Store(vec![node.envelope(2, 2, b"new")]), Effect::Delete(vec![two.get().id()]), show(2)];
    test.store.apply(again).expect("replaced");
    assert_eq!(unbuilt(), [], "what was shown with it holds it");
}

#[test]
fn what_a_key_signed_is_found_and_nothing_else() {
    let test = office_for_tests();
    let (one, other) = (Node::new(1), Node::new(5));
    let mine = [one.envelope(1, 1, b"body"), one.envelope(3, 1, b"body")];
    let theirs = other.envelope(2, 1, b"body");
    test.store.apply(vec![Effect::Store(vec![mine[0].clone(), theirs.clone(), mine[1].clone()])]).expect("stored");
    let by = |nodes: &[&Node]| -> Vec<(DocumentId, EnvelopeId)> {
        let nodes: Vec<NodeKey> = nodes.iter().map(|node| NodeKey(node.key.verifying_key().to_bytes())).collect();
        test.store.signed_by(&nodes).expect("a look")
    };
    let row = |envelope: &Verified<Envelope>| (envelope.get().header.document, envelope.get().id());
    assert_eq!(by(&[&one]), [row(&mine[0]), row(&mine[1])]);
    assert_eq!(by(&[&other, &one]), [row(&theirs), row(&mine[0]), row(&mine[1])]);
    assert_eq!(by(&[&Node::new(9)]), []);
    assert_eq!(by(&[]), []);
}

#[test]
fn a_certificate_that_comes_counts_for_the_next_that_is_read() {
    let test = office_for_tests();
    let node = Node::new(1);
    let read = || test.store.load(DocumentId([1; 16])).expect("loaded").len();
    test.store.apply(vec![Effect::Store(vec![node.envelope(1, 1, b"one")])]).expect("stored");
    assert_eq!(read(), 0, "nobody's");
    test.store.keep_certificate(&node.certificate(1, HOUR.plus_days(9))).expect("kept");
    assert_eq!(read(), 0, "from later on");
    let covers = Effect::Keep(Kept::Certificate(node.id(), node.certificate(2, HOUR)));
    test.store.apply(vec![covers]).expect("kept");
    assert_eq!(read(), 1);
    test.store.keep_certificate(b"no certificate").expect_err("it does not hold");
    assert_eq!(read(), 1);
}

#[test]
fn two_certificates_under_one_serial_are_both_kept_in_whatever_order_they_come() {
    let node = Node::new(1);
    let [early, late] = [HOUR, HOUR.plus_days(1)].map(|from| node.certificate(2, from));
    let held = |certificates: [&Vec<u8>; 3]| {
        let test = office_for_tests();
        for bytes in certificates {
            test.store.keep_certificate(bytes).expect("kept");
        }
        test.store.certificates().expect("certificates")
    };
    let first = node.certificate(1, HOUR);
    let one = held([&first, &early, &late]);
    assert_eq!(one.len(), 3);
    assert_eq!(one, held([&late, &early, &first]));
    assert_eq!((&one[0].1, &one[2].1), (&first, &early), "the newest last, and of two the lowest bytes");
    let test = office_for_tests();
    let twice = |bytes: &Vec<u8>| {
        test.store.keep_certificate(bytes).expect("kept");
        test.store.certified_twice().expect("a look")
    };
    assert_eq!((twice(&first), twice(&early), twice(&late)), ([].into(), [].into(), [(node.id(), 2)].into()));
    assert_eq!(twice(&node.certificate(3, HOUR)), [].into(), "the next one says which it meant");
}

#[test]
fn the_word_of_a_merger_is_not_pushed_out() {
    let test = office_for_tests();
    let node = Node::new(1);
    let word = node.saying(1, HOUR, Some(test.partner));
    test.store.keep_certificate(&word).expect("kept");
    for serial in 2..=20 {
        test.store.keep_certificate(&node.certificate(serial, HOUR)).expect("kept");
    }
    let kept: Vec<Vec<u8>> = test.store.certificates().expect("certificates").into_iter().map(|(_, one)| one).collect();
    assert_eq!(kept.len(), 8);
    assert_eq!((&kept[0], &kept[1]), (&word, &node.certificate(14, HOUR)));
}

#[test]
fn whom_nobody_names_goes_but_for_who_wrote_something_that_is_here() {
    let test = office_for_tests();
    let [author, other] = [Node::new(1), Node::new(3)];
    let circle = CircleId([9; 16]);
    for node in [&author, &other] {
        test.store.keep_certificate(&node.certificate(1, HOUR)).expect("kept");
        test.store.keep_list(circle, node.id(), b"a list").expect("kept");
    }
    let written = author.envelope(1, 1, b"one");
    test.store.apply(vec![Effect::Store(vec![written.clone()])]).expect("stored");
    let both = [author.id(), other.id()].into();
    assert_eq!(test.store.drop_unnamed(&both).expect("dropped"), [other.id()].into());
    let roots = |rows: Vec<RootId>| rows.into_iter().filter(|root| both.contains(root)).collect::<Vec<_>>();
    let kept = || roots(test.store.certificates().expect("rows").into_iter().map(|(root, _)| root).collect());
    let lists = || roots(test.store.lists().expect("rows").into_iter().map(|(_, root, _)| root).collect());
    assert_eq!((kept(), lists()), (vec![author.id()], vec![author.id()]));
    let id = written.get().id();
    assert_eq!(test.store.load(DocumentId([1; 16])).expect("loaded"), [written]);
    test.store.apply(vec![Effect::Delete(vec![id])]).expect("deleted");
    // One of them was paired with since.
    test.store.insert_paired(&partner(&author), &author.certificate(1, HOUR)).expect("a partner");
    assert_eq!(test.store.drop_unnamed(&both).expect("dropped"), [other.id()].into());
    assert_eq!((kept(), lists()), (vec![author.id()], vec![author.id()]));
    test.store.remove_partner(author.id()).expect("removed");
    assert_eq!(test.store.drop_unnamed(&both).expect("dropped"), both);
    assert_eq!((kept(), lists()), (vec![], vec![]));
}

#[test]
fn since_when_nobody_names_one_is_kept() {
    let test = office_for_tests();
    let [one, other] = [1, 2].map(|number| RootId([number; 32]));
    let noted = |who: &[RootId], at| {
        let since = test.store.note_unnamed(who.iter().copied().collect(), Timestamp(at)).expect("noted");
        since.into_iter().map(|(root, since)| (root, since.0)).collect::<Vec<_>>()
    };
    assert_eq!(noted(&[one, other], 10), [(one, 10), (other, 10)]);
    assert_eq!(noted(&[one], 50), [(one, 10)]);
    assert_eq!(noted(&[one, other], 90), [(one, 10), (other, 90)], "who was named meanwhile is waited for anew");
    assert_eq!(noted(&[one, other], 5), [(one, 5), (other, 5)], "a clock that was ahead");
    assert_eq!(noted(&[], 100), []);
}

#[test]
fn a_partner_and_its_certificate_are_there_together_or_not_at_all() {
    let test = office_for_tests();
    let node = Node::new(1);
    let before = test.store.partners().expect("partners");
    test.store.insert_paired(&partner(&node), b"no certificate").expect_err("it does not hold");
    assert_eq!(test.store.partners().expect("partners"), before);
    // Who it is was compared by phone: what the root said of itself before that goes.
    let other_name = node.named("11007", 3);
    test.store.keep_certificate(&other_name).expect("kept");
    let certificate = node.certificate(1, HOUR);
    // A circle may have brought the right one too, before anybody compared it.
    test.store.keep_certificate(&certificate).expect("kept too");
    test.store.insert_paired(&partner(&node), &certificate).expect("a partner");
    let kept = || -> Vec<Vec<u8>> {
        test.store.certificates().expect("certificates").into_iter().map(|(_, bytes)| bytes).collect()
    };
    assert_eq!(kept(), std::slice::from_ref(&certificate));
    test.store.keep_certificate(&other_name).expect("passed over");
    assert_eq!(kept(), [certificate]);
}
