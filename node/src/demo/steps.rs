//! Steps of the demonstration that a node carries out itself, through the same use cases as the
//! pages, under the name *demo*. A node that is not the demonstration's refuses them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use casework::library::LibraryFilter;
use casework::matching::{Reason, Score};
use casework::office::AccountRole;
use casework::people::{PersonId, Purpose, Screening, Side};
use casework::people_view::ShareState;
use casework::ports_matches::{DuoStage, OutgoingStage};
use casework::search_view::MentorWho;
use casework::{Actor, Error, Office};
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::occupation::Isco;
use schemas::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::library::{ADDITIONS, PAGES, TAG};
use crate::runtime::{Ask, blocking};
use crate::service::Service;

/// How long a step waits for what has to come from a partner.
const PATIENCE: Duration = Duration::from_secs(60);
/// Version of the consent text: says that nobody really consented.
const TEXT_VERSION: &str = "demo";
const COORDINATOR: &str = "demo";
const DONE: &str = "demo";

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Records consents and screening of everyone.
    Consents,
    /// Publishes everyone of a side who can be.
    Publish {
        /// Mentors, or newcomers.
        mentors: bool,
    },
    /// Opens the pages of the municipality with this number in the library.
    Library {
        /// From 0.
        town: usize,
    },
    /// Adds a paragraph to a page that was opened elsewhere, as it is here now.
    Write {
        /// The page.
        resource: String,
        /// Which addition, from 0.
        addition: usize,
    },
    /// Whether a page has both additions.
    Written {
        /// The page.
        resource: String,
    },
    /// Proposes the best match across a border for somebody who wants this occupation.
    Propose {
        /// Dutch job title.
        occupation: String,
        /// Name of the mentor's municipality.
        municipality: String,
    },
    /// Says yes to a proposal once it is here.
    Answer {
        /// The proposal.
        proposal: String,
    },
    /// Confirms a proposal once its answer is here.
    Confirm {
        /// The proposal.
        proposal: String,
    },
    /// Says yes for the own person once the match stands.
    Say {
        /// The proposal.
        proposal: String,
    },
    /// Waits until the duo runs and both contact sheets are over.
    Duo {
        /// The proposal.
        proposal: String,
    },
    /// Envelope ids that this node and a partner both hold, per common circle.
    Envelopes {
        /// The partner.
        partner: String,
    },
    /// Whether everything was done before.
    IsDone,
    /// Notes that everything is done.
    SetDone,
    /// A sign-in link of a coordinator.
    SignIn,
    /// Alone and together.
    Worth,
    /// Counts of proposals and of duos across a border.
    Counts,
}

fn actor() -> Actor {
    Actor::new(None, "demo", AccountRole::Coordinator)
}

/// Carries out a step.
///
/// # Errors
/// On a node that is not the demonstration's; what the use case says.
pub async fn carry_out(service: &Arc<Service>, step: Step) -> Result<Vec<Value>> {
    if !service.demo {
        bail!("Dat kan alleen in de demonstratie");
    }
    let office = service.office.clone();
    let row = match step {
        Step::Consents => blocking(move || consents(&office)).await?,
        Step::Publish { mentors } => blocking(move || publish(&office, mentors)).await?,
        Step::Library { town } => blocking(move || open_pages(&office, town)).await?,
        Step::Write { resource, addition } => {
            let resource = parse(&resource)?;
            until(service, "de pagina", move |office| write(office, resource, addition)).await?
        }
        Step::Written { resource } => {
            let resource = parse(&resource)?;
            until(service, "de aanvullingen", move |office| {
                let body = office.resource(&actor(), resource)?.value.body.as_str().to_owned();
                Ok(ADDITIONS.iter().all(|text| body.contains(text.trim())).then(|| json!({ "written": true })))
            })
            .await?
        }
        Step::Propose { occupation, municipality } => {
            blocking(move || propose(&office, &occupation, &municipality)).await?
        }
        Step::Answer { proposal } => {
            let proposal = parse(&proposal)?;
            until(service, "het voorstel", move |office| answer(office, proposal)).await?
        }
        Step::Confirm { proposal } => {
            let proposal = parse(&proposal)?;
            until(service, "het antwoord", move |office| confirm(office, proposal)).await?
        }
        Step::Say { proposal } => {
            let proposal = parse(&proposal)?;
            until(service, "de match", move |office| say(office, proposal)).await?
        }
        Step::Duo { proposal } => {
            let proposal = parse(&proposal)?;
            until(service, "het duo", move |office| runs(office, proposal)).await?
        }
        Step::Envelopes { partner } => envelopes(service, &partner).await?,
        Step::IsDone => json!({ "done": service.store.node_state(DONE)?.is_some() }),
        Step::SetDone => {
            service.store.set_node_state(DONE, &[1])?;
            json!({ "done": true })
        }
        Step::SignIn => blocking(move || sign_in(&office)).await?,
        Step::Worth => blocking(move || worth(&office)).await?,
        Step::Counts => blocking(move || counts(&office)).await?,
    };
    Ok(vec![row])
}

fn parse(document: &str) -> Result<DocumentId> {
    document.parse().map_err(|_| anyhow!("{document} is geen documentnummer"))
}

/// Tries until there is something, whenever something changed here.
async fn until(
    service: &Arc<Service>,
    what: &'static str,
    look: impl Fn(&Office) -> Result<Option<Value>> + Send + Sync + 'static,
) -> Result<Value> {
    let look = Arc::new(look);
    let mut news = service.changes.subscribe();
    let waiting = async {
        loop {
            let (office, look) = (service.office.clone(), Arc::clone(&look));
            if let Some(row) = blocking(move || look(&office)).await? {
                return Ok(row);
            }
            // News that went by too fast is news too.
            let _ = tokio::time::timeout(Duration::from_millis(200), news.recv()).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| anyhow!("{what} kwam niet op tijd"))?
}

fn consents(office: &Office) -> Result<Value> {
    let (actor, today) = (actor(), office.now().date());
    let mut all = Vec::new();
    for side in [Side::Mentor, Side::Newcomer] {
        let ids: Vec<PersonId> = office.people(&actor, side)?.into_iter().map(|row| row.person.id).collect();
        if side == Side::Mentor {
            office.record_screening(&actor, &ids, Screening { seen_on: today, seen_by: "demo".to_owned() })?;
        }
        all.extend(ids);
    }
    for purpose in Purpose::ALL {
        office.record_consent(&actor, &all, purpose, true, today, TEXT_VERSION)?;
    }
    Ok(json!({ "people": all.len() }))
}

fn publish(office: &Office, mentors: bool) -> Result<Value> {
    let actor = actor();
    let side = if mentors { Side::Mentor } else { Side::Newcomer };
    let (mut published, mut minors) = (0, 0);
    for row in office.people(&actor, side)? {
        match row.state {
            ShareState::NotShared => match office.publish(&actor, row.person.id, None) {
                Ok(_) => published += 1,
                // The small-cell guard found nothing that may be shown.
                Err(Error::Refused(why)) => tracing::info!(why, "somebody is not published"),
                Err(error) => return Err(error.into()),
            },
            ShareState::Minor => minors += 1,
            _ => {}
        }
    }
    Ok(json!({ "published": published, "minors": minors }))
}

fn open_pages(office: &Office, town: usize) -> Result<Value> {
    let actor = actor();
    let there: BTreeSet<String> = office
        .library(&actor, &LibraryFilter { tag: TAG.to_owned(), ..LibraryFilter::default() })?
        .into_iter()
        .map(|row| row.title)
        .collect();
    let circle = office.library_circles(&actor)?.into_iter().find(|circle| !circle.pair).map(|circle| circle.id);
    let mut opened = Vec::new();
    for page in PAGES.get(town).copied().unwrap_or_default() {
        let value = page.resource()?;
        if !there.contains(value.title.as_str()) {
            opened.push(office.create_resource(&actor, circle, value, None)?.to_string());
        }
    }
    Ok(json!({ "opened": opened }))
}

fn write(office: &Office, resource: DocumentId, addition: usize) -> Result<Option<Value>> {
    let actor = actor();
    let page = match office.resource(&actor, resource) {
        Err(Error::NotFound) => return Ok(None),
        page => page?,
    };
    let text = ADDITIONS.get(addition).context("geen aanvulling")?;
    let mut body = page.value.body.as_str().to_owned();
    if !body.contains(text.trim()) {
        // The first goes to the end, the second to the beginning.
        body.insert_str(if addition == 0 { body.len() } else { 0 }, text);
        let mut value = page.value;
        value.body = Text::new(body).map_err(|why| anyhow!("{why}"))?;
        office.save_resource(&actor, resource, &page.heads, value, None)?;
    }
    Ok(Some(json!({ "written": true })))
}

fn propose(office: &Office, occupation: &str, municipality: &str) -> Result<Value> {
    let actor = actor();
    let wanted = Isco::by_title_nl(occupation).with_context(|| format!("geen beroep {occupation}"))?;
    let already = office.proposals(&actor)?.outgoing.into_iter().find(|row| {
        let does = row.card.as_ref().and_then(|card| card.occupation.as_ref()).and_then(|occupation| occupation.isco());
        row.municipality.name == municipality && does == Some(wanted) && !matches!(row.stage, OutgoingStage::Ended(_))
    });
    if let Some(row) = already {
        return Ok(json!({ "proposal": row.document.to_string(), "score": 0 }));
    }
    let mut best: Option<(Score, PersonId, DocumentId)> = None;
    for row in office.people(&actor, Side::Newcomer)? {
        if !matches!(row.state, ShareState::Shared { .. }) {
            continue;
        }
        let page = office.search(&actor, row.person.id)?;
        if !page.blockers.is_empty() {
            continue;
        }
        for card in page.cards {
            let MentorWho::Partner { offer, municipality: of } = &card.who else { continue };
            let same = |reason: &Reason| matches!(reason, Reason::SameOccupation(what) if what.isco() == Some(wanted));
            let better = best.as_ref().is_none_or(|(score, ..)| score.total < card.score.total);
            if of.name == municipality && card.reasons.iter().any(same) && better {
                best = Some((card.score, row.person.id, *offer));
            }
        }
    }
    let (score, newcomer, offer) =
        best.with_context(|| format!("Geen nieuwkomer hier past bij een mentor van {municipality} als {occupation}"))?;
    let proposal = office.propose(&actor, newcomer, offer)?;
    Ok(json!({ "proposal": proposal.to_string(), "score": score.total }))
}

fn answer(office: &Office, proposal: DocumentId) -> Result<Option<Value>> {
    use casework::ports_matches::IncomingStage;
    let actor = actor();
    office.settle_matches()?;
    let row = office.proposals(&actor)?.incoming.into_iter().find(|row| row.document == proposal);
    let Some(row) = row else { return Ok(None) };
    if row.stage == IncomingStage::Open {
        if row.mentor.is_none() {
            return Ok(None);
        }
        office.record_mentor_asked(&actor, proposal)?;
        office.answer_yes(&actor, proposal)?;
    }
    Ok(Some(json!({ "answered": true })))
}

fn confirm(office: &Office, proposal: DocumentId) -> Result<Option<Value>> {
    use casework::proposal::State;
    let actor = actor();
    office.settle_matches()?;
    let row = office.proposals(&actor)?.outgoing.into_iter().find(|row| row.document == proposal);
    let row = row.context("het voorstel is hier niet")?;
    if row.stage != OutgoingStage::Proposed {
        return Ok(Some(json!({ "confirmed": true })));
    }
    if matches!(row.state, State::Reserved { .. }) {
        office.confirm(&actor, proposal)?;
        return Ok(Some(json!({ "confirmed": true })));
    }
    Ok(None)
}

fn duo_of(office: &Office, proposal: DocumentId) -> Result<Option<casework::ports_matches::DuoId>> {
    office.settle_matches()?;
    let page = office.proposals(&actor())?;
    let incoming = page.incoming.into_iter().find(|row| row.document == proposal).and_then(|row| row.duo);
    let outgoing = page.outgoing.into_iter().find(|row| row.document == proposal).and_then(|row| row.duo);
    Ok(incoming.or(outgoing))
}

fn say(office: &Office, proposal: DocumentId) -> Result<Option<Value>> {
    let actor = actor();
    let Some(duo) = duo_of(office, proposal)? else { return Ok(None) };
    let page = office.duo(&actor, duo)?;
    let handed_over = page.handover.as_ref().is_some_and(|handover| handover.received.is_some());
    if page.row.stage == DuoStage::FirstMeeting {
        if !handed_over {
            return Ok(None);
        }
        match office.say(&actor, duo, true) {
            Ok(()) | Err(Error::Refused("already-said")) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(json!({ "said": true })))
}

fn runs(office: &Office, proposal: DocumentId) -> Result<Option<Value>> {
    let Some(duo) = duo_of(office, proposal)? else { return Ok(None) };
    let page = office.duo(&actor(), duo)?;
    let received = page.handover.as_ref().is_some_and(|handover| handover.received.is_some());
    let begun = !matches!(page.row.stage, DuoStage::FirstMeeting);
    Ok((begun && received).then(|| json!({ "duo": duo.0, "running": page.row.stage == DuoStage::Running })))
}

async fn envelopes(service: &Arc<Service>, partner: &str) -> Result<Value> {
    let partner: RootId = partner.parse().map_err(|_| anyhow!("geen gemeente"))?;
    let common: Vec<CircleId> = service
        .circles()?
        .into_iter()
        .filter(|circle| circle.members.contains(&partner))
        .map(|circle| circle.id)
        .collect();
    let mut circles = serde_json::Map::new();
    for circle in common {
        let (answer, answered) = oneshot::channel();
        service.tell(Ask::EnvelopeIds(circle, partner, answer)).await;
        let ids = answered.await.context("het knooppunt stopt")?;
        circles.insert(circle.to_string(), ids.into_iter().map(|id| id.to_string()).collect());
    }
    let live = crate::commands::live_states(service).await;
    let connected = live.get(&partner).is_some_and(|state| state.connected_since.is_some());
    let waiting = service.store.outbox_next(0)?.len() + service.read(|records| records.refused())?.len();
    Ok(json!({ "connected": connected, "waiting": waiting, "circles": circles }))
}

fn sign_in(office: &Office) -> Result<Value> {
    let account = match office.account_named(COORDINATOR)? {
        Some(account) => account,
        None => office.create_account(COORDINATOR, AccountRole::Coordinator)?,
    };
    Ok(json!({ "token": office.sign_in_link(account)? }))
}

fn worth(office: &Office) -> Result<Value> {
    let worth = office.value_of_circle(&actor())?;
    let gains: Vec<Value> = worth
        .municipalities
        .iter()
        .filter_map(|place| {
            let own = worth.value.owners.get(&place.root)?;
            Some(json!({ "municipality": place.name, "newcomers": own.requests, "alone": own.alone, "together": own.together }))
        })
        .collect();
    Ok(json!({
        "newcomers": worth.value.requests,
        "alone": worth.value.alone,
        "together": worth.value.together,
        "municipalities": gains,
    }))
}

fn counts(office: &Office) -> Result<Value> {
    let actor = actor();
    let page = office.proposals(&actor)?;
    let mut running = Vec::new();
    for (proposal, duo) in page.outgoing.iter().filter_map(|row| Some((row.document, row.duo?))) {
        let stage = office.duo(&actor, duo)?.row.stage;
        if !matches!(stage, DuoStage::FirstMeeting | DuoStage::Failed | DuoStage::Cancelled) {
            running.push(proposal.to_string());
        }
    }
    Ok(json!({
        "mentors": office.people(&actor, Side::Mentor)?.len(),
        "newcomers": office.people(&actor, Side::Newcomer)?.len(),
        "proposals": page.outgoing.len(),
        "cross_border_duos": running.len(),
    }))
}
