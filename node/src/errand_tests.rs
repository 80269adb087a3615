//! Two nodes in one process, on real stores and a real network: what one brings to the other
//! beside the exchange.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use casework::Actor;
use casework::people::{PersonData, PersonId, Purpose, Side};
use casework::ports::Circle;
use schemas::ids::CircleId;
use schemas::time::Date;
use schemas::vocabulary::{Cefr, Domain, Slots};
use store::Partner;

use crate::commands::{self, Request, init};
use crate::home::Configuration;
use crate::runtime::{self, Ask, Handle, lock};
use crate::service::Service;
use crate::{chores, clock};

/// A node at work.
struct Town {
    service: Arc<Service>,
    handle: Handle,
}

impl Town {
    async fn new(folder: &Path, refnis: &str) -> Self {
        let dir = folder.join(refnis);
        let new = init::NewNode {
            dir: &dir,
            refnis,
            kbo: None,
            coordinator: None,
            office: "",
            configuration: Configuration::usual(),
        };
        init::init(new).expect("a new node");
        let service = Service::open(&dir, false).expect("it opens");
        let listen = ["/ip4/127.0.0.1/tcp/0".to_owned()];
        let handle = runtime::start(&service.home, service.parts(), &listen).await.expect("it runs");
        assert!(service.running.set(handle.clone()).is_ok(), "once");
        tokio::spawn(chores::run(Arc::clone(&service), handle.clone()));
        Self { service, handle }
    }

    async fn listening(&self) -> Vec<String> {
        loop {
            let addresses = lock(&self.handle.outlook).listening.clone();
            if !addresses.is_empty() {
                return addresses;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Makes partners of both, in one circle with an arrangement.
    async fn knows(&self, other: &Self) {
        let papers = other.service.own.get();
        let root = other.service.home.owner();
        let store = &self.service.store;
        store.keep_certificate(root, 1, &papers.bytes).expect("kept");
        let refnis = other.service.home.refnis().expect("in the table");
        store
            .insert_partner(&Partner {
                root,
                refnis,
                kbo: String::new(),
                name: refnis.name().to_owned(),
                addresses: other.listening().await,
                since: clock::now(),
            })
            .expect("kept");
        let mut members = vec![root, self.service.home.owner()];
        members.sort_unstable();
        let circle = Circle {
            id: CircleId([9; 16]),
            name: "BAM".to_owned(),
            arrangement: "GR 2026/114".to_owned(),
            members,
            pair: false,
        };
        store.insert_circle(&circle).expect("kept");
        self.service.tell(Ask::PartnersChanged).await;
    }

    /// Waits until something that is told to the pages makes it so.
    async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let mut changes = self.service.changes.subscribe();
        loop {
            if let Some(found) = look() {
                return found;
            }
            changes.recv().await.expect("the node works");
        }
    }

    async fn ask(&self, request: Request) -> Vec<serde_json::Value> {
        commands::execute(&self.service, request, Vec::new()).await.expect("done")
    }

    /// A newcomer whose card partners see.
    fn newcomer(&self) -> PersonId {
        let (office, els) = (&self.service.office, Actor::command_line());
        let today = clock::now().date();
        let mut data = PersonData::new(Side::Newcomer, today.plus_days(-30));
        data.given_name = "Amina".to_owned();
        data.family_name = "Peeters".to_owned();
        data.birth = casework::people::Birth::On(Date::new(1985, 5, 1).expect("a day"));
        data.languages = BTreeSet::from(["nl".parse().expect("Dutch")]);
        data.dutch = Some(Cefr::B1);
        data.domains = BTreeSet::from([Domain::Work]);
        data.slots = Slots::slot(0, 0);
        let id = office.save_person(&els, None, data, None).expect("a person");
        for purpose in Purpose::ALL {
            office.record_consent(&els, &[id], purpose, true, today, "1").expect("a consent");
        }
        office.publish(&els, id, None).expect("a card");
        id
    }

    fn requests(&self) -> usize {
        self.service.read(|records| Ok(records.documents(schemas::Kind::MatchRequest)?.len())).expect("a list")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_erased_signs_for_it_and_a_partner_that_was_left_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mortsel, aartselaar) = (Town::new(folder.path(), "11029").await, Town::new(folder.path(), "11001").await);
    mortsel.knows(&aartselaar).await;
    aartselaar.knows(&mortsel).await;
    let amina = mortsel.newcomer();
    aartselaar.until(|| (aartselaar.requests() == 1).then_some(())).await;

    let erased = mortsel.ask(Request::Erase { person: amina.0 }).await.remove(0);
    assert_eq!(erased["documents"], 1);
    let office = mortsel.service.office.clone();
    let confirmed = mortsel
        .until(|| {
            let rows = office.erasures(&Actor::command_line()).expect("a list");
            rows.into_iter().find(|row| row.partners.iter().all(|(_, at)| at.is_some()))
        })
        .await;
    assert_eq!((confirmed.documents, confirmed.partners.len()), (1, 1));
    assert_eq!(confirmed.partners[0].0, "Aartselaar");
    assert_eq!(aartselaar.requests(), 0);
    let row = mortsel.ask(Request::Erasures).await.remove(0);
    assert_eq!((row["confirmed"][0].as_str(), row["awaited"].as_array().map(Vec::len)), (Some("Aartselaar"), Some(0)));
    let status = mortsel.ask(Request::Status).await.remove(0);
    assert_eq!(status["partners"][0]["receipts_received"], 1, "{status}");
    assert_eq!(status["partners"][0]["receipts_awaited"], 0);

    // Aartselaar has one more card of Mortsel when Mortsel leaves: it goes, and Aartselaar signs.
    mortsel.newcomer();
    aartselaar.until(|| (aartselaar.requests() == 1).then_some(())).await;
    mortsel.ask(Request::Leave { who: "11001".to_owned() }).await;
    let left = mortsel
        .until(|| {
            let departures = office.departures().expect("a list");
            departures.into_iter().find(|left| left.confirmed_at.is_some())
        })
        .await;
    assert_eq!(left.name, "Aartselaar");
    assert_eq!(aartselaar.requests(), 0);
    let there = aartselaar.service.office.departures().expect("a list");
    assert_eq!((there[0].name.as_str(), there[0].by.as_str()), ("Mortsel", "Mortsel"));
    assert!(aartselaar.service.store.partners().expect("a list").is_empty());
}
