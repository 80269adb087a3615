//! Whose a certificate may be that comes beside the exchange: at the door, by hand, by pairing.

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use schemas::certificate::NodeCertificate;
use schemas::ids::{CircleId, RootId};
use store::Partner;

use crate::commands::{self, Request, init};
use crate::errands::TAKEN;
use crate::home::Configuration;
use crate::invitation::CircleOffer;
use crate::keys::{certify, new_key, node_key};
use crate::pairing::Compared;
use crate::papers::next;
use crate::service::Service;
use crate::{acquaintance, clock};

/// A partner of the node, with its keys.
struct Partnered {
    root: SigningKey,
    node: SigningKey,
    certificate: NodeCertificate,
}

impl Partnered {
    fn id(&self) -> RootId {
        self.certificate.owner()
    }

    /// Its next certificate, for this key, with another word about itself.
    fn later(&self, node: &SigningKey, change: impl FnOnce(&mut NodeCertificate)) -> Vec<u8> {
        let mut certificate = next(&self.root, &self.certificate, node, 1, clock::now()).expect("room");
        change(&mut certificate);
        certificate.sign(&self.root, node)
    }
}

fn node_with(folder: &Path, partners: &[&str]) -> (Arc<Service>, Vec<Partnered>) {
    let dir = folder.join("mortsel");
    let configuration = Configuration::usual();
    let new = init::NewNode { dir: &dir, refnis: "11029", kbo: None, coordinator: None, office: "", configuration };
    init::init(new).expect("a new node");
    let service = Service::open(&dir, false).expect("it opens");
    let partner = |refnis: &&str| {
        let (root, node) = (new_key(), new_key());
        let refnis = refnis.parse().expect("in the table");
        let bytes = certify(&root, &node, refnis, None, 1, clock::now());
        let certificate = NodeCertificate::verify(&bytes).expect("just signed").into_inner();
        service.store.keep_certificate(&bytes).expect("kept");
        let row = Partner {
            root: certificate.owner(),
            refnis,
            kbo: String::new(),
            name: refnis.name().to_owned(),
            addresses: Vec::new(),
            since: clock::now(),
        };
        service.store.insert_partner(&row).expect("kept");
        Partnered { root, node, certificate }
    };
    let partners = partners.iter().map(partner).collect();
    (service, partners)
}

async fn by_hand(service: &Arc<Service>, bytes: &[u8]) -> String {
    let text = format!("overbuur-certificaat:{}", data_encoding::BASE64URL_NOPAD.encode(bytes));
    let request = Request::Certificate { of_partner: Some(text) };
    match commands::execute(service, request, Vec::new()).await {
        Ok(_) => "taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_partner_renews_its_own_certificate_and_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, partners) = node_with(folder.path(), &["11001", "11007"]);
    let [one, other] = &partners[..] else { panic!("two partners") };
    let desk = service.desk();
    let at_the_door = |bytes: &[u8]| desk.welcome(node_key(&one.node), bytes) == TAKEN;
    let serial = |partner: &Partnered| service.newest_of(partner.id()).expect("a look").map(|held| held.serial);

    // With the stolen key of another, as another municipality, and in another's place.
    let stolen = one.later(&other.node, |_| {});
    assert!(!at_the_door(&stolen));
    assert!(by_hand(&service, &stolen).await.contains("sleutel in dat certificaat is van een andere gemeente"));
    for elsewhere in [
        one.later(&one.node, |claims| claims.refnis = "11007".to_owned()),
        one.later(&one.node, |claims| claims.kbo = "0207463994".to_owned()),
    ] {
        assert!(!at_the_door(&elsewhere));
        assert!(by_hand(&service, &elsewhere).await.contains("bij het koppelen bevestigd"));
    }
    assert!(!at_the_door(&other.later(&other.node, |_| {})), "another brings its own");
    assert_eq!((serial(one), serial(other)), (Some(1), Some(1)));

    assert!(at_the_door(&one.later(&new_key(), |_| {})));
    assert_eq!(by_hand(&service, &other.later(&other.node, |_| {})).await, "taken");
    assert_eq!((serial(one), serial(other)), (Some(2), Some(2)));
}

#[tokio::test]
async fn certificates_without_end_stop_at_the_door_for_an_hour() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, partners) = node_with(folder.path(), &["11001", "11007"]);
    let [one, other] = &partners[..] else { panic!("two partners") };
    let desk = service.desk();
    let brings = |partner: &Partnered, serial: u64| {
        let bytes = partner.later(&partner.node, |claims| claims.serial = serial);
        desk.welcome(node_key(&partner.node), &bytes) == TAKEN
    };
    let serial = |partner: &Partnered| service.newest_of(partner.id()).expect("a look").map(|held| held.serial);
    let taken: Vec<u64> = (2..100).filter(|serial| brings(one, *serial)).collect();
    assert_eq!(taken, [2, 3, 4, 5]);
    assert_eq!(serial(one), Some(5));
    // That is its own matter; and what is known already does not count.
    assert!(brings(other, 2) && !brings(other, 2) && brings(other, 3));
    assert_eq!(by_hand(&service, &one.later(&one.node, |claims| claims.serial = 100)).await, "taken");
}

#[tokio::test]
async fn nobody_pairs_with_the_key_of_a_partner() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, partners) = node_with(folder.path(), &["11001"]);
    let root = new_key();
    let pair = |node: &SigningKey| {
        let bytes = certify(&root, node, "11007".parse().expect("in the table"), None, 1, clock::now());
        let certificate = NodeCertificate::verify(&bytes).expect("just signed");
        let circle = CircleOffer { id: CircleId([9; 16]), name: "BAM".to_owned(), arrangement: String::new() };
        let compared = Compared { certificate, certificate_bytes: bytes, number: "12345".to_owned() };
        service
            .with_book(|book| book.await_comparison(compared, Vec::new(), circle, clock::now()))
            .expect("it waits to be compared");
    };
    let confirm = || Request::Confirm { who: "11007".to_owned(), number: None };
    let kept = || service.store.certificates().expect("a list").len();
    let before = kept();
    pair(&partners[0].node);
    let error = commands::execute(&service, confirm(), Vec::new()).await.expect_err("refused");
    assert!(error.to_string().contains("van een andere gemeente"), "{error}");
    assert_eq!(service.store.partners().expect("a list").len(), 1);
    assert_eq!(kept(), before);

    pair(&new_key());
    commands::execute(&service, confirm(), Vec::new()).await.expect("confirmed");
    assert_eq!(service.store.partners().expect("a list").len(), 2);
}

#[test]
fn what_a_partner_signed_is_its_own_whoever_certified_its_key_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, partners) = node_with(folder.path(), &["11001"]);
    let (me, one) = (service.home.owner(), &partners[0]);
    let is_known = |root: RootId| root == me || root == one.id();
    let thieves: Vec<SigningKey> = (0..8).map(|_| new_key()).collect();
    for thief in &thieves {
        for stolen in [&one.node, &service.home.node] {
            let bytes = certify(thief, stolen, "11007".parse().expect("in the table"), None, 1, clock::now());
            service.store.keep_certificate(&bytes).expect("kept");
        }
    }
    let known = service.store.known_certificates().expect("a look");
    let root_of = |key: &SigningKey| acquaintance::root_of(me, is_known, &known, node_key(key));
    assert_eq!((root_of(&one.node), root_of(&service.home.node)), (Some(one.id()), Some(me)));
    assert_eq!(root_of(&new_key()), None);
}
