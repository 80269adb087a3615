//! Two nodes in one process, on real stores and a real network: what one brings to the other
//! beside the exchange.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casework::Actor;
use casework::library::form::parse_resource_form;
use casework::partner_life::Departure;
use casework::people::{PersonData, PersonId, Purpose, Side};
use casework::ports::Circle;
use schemas::ids::{CircleId, RootId};
use schemas::note::{Note, Said};
use schemas::time::Date;
use schemas::vocabulary::{Cefr, Domain, Slots};
use store::Partner;

use crate::commands::{self, Request, init};
use crate::errands::TAKEN;
use crate::home::Configuration;
use crate::runtime::{self, Ask, Handle, lock};
use crate::service::Service;
use crate::{chores, clock};

const MINUTES: Duration = Duration::from_secs(300);

/// A circle with an arrangement.
pub(crate) fn arranged(mut members: Vec<RootId>) -> Circle {
    members.sort_unstable();
    members.dedup();
    let (name, arrangement) = ("BAM".to_owned(), "GR 2026/114".to_owned());
    Circle { id: CircleId([9; 16]), name, arrangement, members, pair: false }
}

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
        store.keep_certificate(&papers.bytes).expect("kept");
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
        let known = self.service.circles().expect("a store");
        let known = known.into_iter().find(|circle| !circle.pair).map(|circle| circle.members);
        let mut members = known.unwrap_or_default();
        members.extend([root, self.service.home.owner()]);
        store.insert_circle(&arranged(members)).expect("kept");
        self.service.tell(Ask::PartnersChanged).await;
    }

    /// Waits until something that is told to the pages makes it so; only what never comes takes
    /// minutes.
    #[track_caller]
    fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> impl Future<Output = T> {
        let (mut changes, asked_at) = (self.service.changes.subscribe(), std::panic::Location::caller());
        let found = async move {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                changes.recv().await.expect("the node works");
            }
        };
        async move { tokio::time::timeout(MINUTES, found).await.unwrap_or_else(|_| panic!("never at {asked_at}")) }
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

    /// Owners of the pages that it shows.
    fn pages(&self) -> Vec<RootId> {
        let pages = self.service.read(|records| records.documents(schemas::Kind::Resource)).expect("a list");
        pages.into_iter().map(|page| page.owner).collect()
    }

    fn root(&self) -> RootId {
        self.service.home.owner()
    }

    /// A municipality that is no partner any more.
    fn departed(&self, root: RootId) -> Option<Departure> {
        self.service.office.departures().expect("a list").into_iter().find(|left| left.root == root)
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

#[tokio::test(flavor = "multi_thread")]
async fn a_farewell_whose_receipt_was_lost_is_said_again_until_it_is_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mortsel, aartselaar) = (Town::new(folder.path(), "11029").await, Town::new(folder.path(), "11001").await);
    mortsel.knows(&aartselaar).await;
    aartselaar.knows(&mortsel).await;
    // It comes, and the answer goes nowhere: from now on the door is closed to Mortsel.
    let node = crate::keys::node_key(&mortsel.service.home.node);
    let says = |to, said| {
        let note = Note { from: mortsel.root(), to, at: clock::now().hour(), said };
        aartselaar.service.desk().welcome(node, &note.sign(&mortsel.service.home.node))
    };
    says(aartselaar.root(), Said::Left);
    let there = aartselaar.departed(mortsel.root()).expect("it was taken");
    assert!(there.confirmed_at.is_some(), "who says that it left has let go of everything");
    aartselaar.until(|| lock(&aartselaar.handle.nodes).is_empty().then_some(())).await;

    mortsel.ask(Request::Leave { who: "11001".to_owned() }).await;
    let left = mortsel.until(|| mortsel.departed(aartselaar.root()).filter(|left| left.confirmed_at.is_some())).await;
    assert_eq!(left.by, "opdrachtregel");
    // Nothing else is heard of it, and nobody else comes in.
    let receipt = |bytes: &[u8]| {
        let certificate = &aartselaar.service.own.get().certificate;
        Note::verify(bytes, certificate).is_ok_and(|note| note.get().said == Said::NothingLeft)
    };
    assert!(receipt(&says(aartselaar.root(), Said::Left)));
    assert!(!receipt(&says(aartselaar.root(), Said::GiveAgain)), "it is no partner");
    assert!(!receipt(&says(mortsel.root(), Said::Left)), "said to another");
    assert!(!receipt(&aartselaar.service.desk().welcome(node, b"overbuur")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_gets_its_receipts_once_more_at_most_every_hour() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mortsel, aartselaar) = (Town::new(folder.path(), "11029").await, Town::new(folder.path(), "11001").await);
    mortsel.knows(&aartselaar).await;
    let asks = |to| {
        let note = Note { from: aartselaar.root(), to, at: clock::now().hour(), said: Said::GiveAgain };
        mortsel.service.desk().receive(aartselaar.root(), note.sign(&aartselaar.service.home.node))
    };
    assert!(asks(RootId([7; 32])).as_deref() != Some(TAKEN), "asked of another");
    assert_eq!(asks(mortsel.root()).as_deref(), Some(TAKEN));
    assert_eq!(asks(mortsel.root()), None, "it is to ask again later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_municipality_that_merges_leaves_its_pages_to_its_successor() {
    let folder = tempfile::tempdir().expect("a folder");
    let borsbeek = Town::new(folder.path(), "11007").await;
    let antwerpen = Town::new(folder.path(), "11002").await;
    let mortsel = Town::new(folder.path(), "11029").await;
    let all = [&borsbeek, &antwerpen, &mortsel];
    for town in all {
        for other in all.iter().filter(|other| other.root() != town.root()) {
            town.knows(other).await;
        }
    }
    let fields = [("title", "De bib"), ("body", "Boeken lenen."), ("kind", "welcome_sheet"), ("language", "nl")];
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let page = parse_resource_form(&fields).expect("a fine form");
    let office = borsbeek.service.office.clone();
    let page = office.create_resource(&Actor::command_line(), None, page, None).expect("a page");
    borsbeek.newcomer();
    for town in [&antwerpen, &mortsel] {
        town.until(|| (town.requests() == 1 && town.pages() == [borsbeek.root()]).then_some(())).await;
    }

    let nobody = commands::execute(&borsbeek.service, Request::MergeInto { who: "44021".into() }, Vec::new()).await;
    assert!(nobody.is_err(), "no partner");
    let wrong = commands::execute(&borsbeek.service, Request::MergeInto { who: "11002".into() }, vec![7; 32]).await;
    assert!(wrong.is_err(), "not its root key");
    let row = borsbeek.ask(Request::MergeInto { who: "11002".into() }).await.remove(0);
    assert_eq!((&row["merged_into"], &row["serial"]), (&"Antwerpen".into(), &2.into()));
    for town in [&antwerpen, &mortsel] {
        let left = town.until(|| town.departed(borsbeek.root()).filter(|left| left.confirmed_at.is_some())).await;
        assert_eq!((left.successor, left.name.as_str()), (Some(antwerpen.root()), "Borsbeek"));
        // The page is Antwerpen's now, and a link to the old one leads to it.
        town.until(|| (town.pages() == [antwerpen.root()]).then_some(())).await;
        let now = town.service.office.resource_now(page).expect("a store").expect("it is somewhere");
        let shown = town.service.office.resource(&Actor::command_line(), now).expect("a page");
        assert_eq!((shown.value.title.as_str(), shown.owner.as_str()), ("De bib", "Antwerpen"));
        assert_eq!(town.requests(), 0, "cards of persons are nobody's to inherit");
    }
    // Everybody heard it; its people stay its own.
    borsbeek.until(|| borsbeek.service.store.partners().expect("a list").is_empty().then_some(())).await;
    assert_eq!(office.people(&Actor::command_line(), Side::Newcomer).expect("a list").len(), 1);
    let status = borsbeek.ask(Request::Status).await.remove(0);
    assert_eq!(status["merged_into"], "Antwerpen");
    let again = commands::execute(&borsbeek.service, Request::MergeInto { who: "11029".into() }, Vec::new()).await;
    assert!(again.is_err(), "there is nobody left to merge into");
    // What was not renewed in time is, and says the same.
    let renewed = borsbeek.ask(Request::Renew).await.remove(0);
    assert_eq!((&renewed["merged_into"], &renewed["serial"]), (&"Antwerpen".into(), &3.into()));

    // The two that are left go on with each other, after a start too.
    let rows = mortsel.ask(Request::Partners).await;
    assert!(rows.iter().any(|row| row["what"] == "departure" && row["merged_into"] == "Antwerpen"), "{rows:?}");
    let next = parse_resource_form(&fields).expect("a fine form");
    mortsel.service.office.create_resource(&Actor::command_line(), None, next, None).expect("a page");
    antwerpen.until(|| (antwerpen.pages().len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_for_a_partner_that_is_left_waits_as_a_draft() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mortsel, aartselaar) = (Town::new(folder.path(), "11029").await, Town::new(folder.path(), "11001").await);
    mortsel.knows(&aartselaar).await;
    aartselaar.knows(&mortsel).await;
    let actor = Actor::command_line();
    let page = |body: &str| {
        let fields = [("title", "De bib"), ("body", body), ("kind", "welcome_sheet"), ("language", "nl")];
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parse_resource_form(&fields).expect("a fine form")
    };
    let theirs = aartselaar.service.office.create_resource(&actor, None, page("Boeken."), None).expect("a page");
    mortsel.until(|| (mortsel.pages() == [aartselaar.root()]).then_some(())).await;
    let office = &mortsel.service.office;
    let with_one = CircleId::pair(mortsel.root(), aartselaar.root());
    let pair = Circle { id: with_one, pair: true, ..mortsel.service.circles().expect("a store").remove(0) };
    mortsel.service.store.insert_circle(&pair).expect("kept");
    office.create_resource(&actor, Some(with_one), page("Voor jullie alleen."), None).expect("a page");
    aartselaar.until(|| (aartselaar.pages().len() == 2).then_some(())).await;

    // It is away when somebody writes on.
    let (done, stopped) = tokio::sync::oneshot::channel();
    aartselaar.handle.asks.send(Ask::Stop(done)).await.expect("it runs");
    stopped.await.expect("it stops");
    let heads = office.resource(&actor, theirs).expect("a page").heads;
    office.save_resource(&actor, theirs, &heads, page("Boeken. En spelletjes."), None).expect("saved");
    mortsel.ask(Request::Leave { who: "11001".into() }).await;
    let drafts =
        mortsel.until(|| Some(office.library_drafts(&actor).expect("a list")).filter(|drafts| drafts.len() == 2)).await;
    let mut typed: Vec<&str> = drafts.iter().map(|draft| draft.typed.body.as_str()).collect();
    typed.sort_unstable();
    assert_eq!(typed, ["Boeken. En spelletjes.", "Voor jullie alleen."]);
    assert!(drafts.iter().all(|draft| draft.why == "parted" && draft.resource.is_none()));
    assert!(mortsel.pages().is_empty());
    let held = mortsel.service.store.stored_headers().expect("a list");
    assert!(held.iter().all(|stored| stored.header.owner == mortsel.root() && stored.header.circle != with_one));
}
