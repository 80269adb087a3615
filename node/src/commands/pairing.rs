//! `invite`, `join`, `partners`, `confirm`, `address` and `circle`: from two strangers to two
//! partners in a circle. Only `confirm` makes a partner.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use casework::ports::Circle;
use schemas::ids::{CircleId, RootId};
use schemas::places::Refnis;
use serde_json::{Value, json};
use store::Partner;
use tokio::sync::oneshot;

use crate::home::refnis_of;
use crate::invitation::{CircleOffer, DAYS, Invitation, MAX_ADDRESS, MAX_ADDRESSES};
use crate::keys::fingerprint;
use crate::link::Command;
use crate::lists::keep_signed;
use crate::pairing::{self, JoinRequest};
use crate::runtime::{Ask, lock};
use crate::service::Service;
use crate::{clock, network, papers};

/// The joiner waits this long for the other node.
const ANSWER: Duration = Duration::from_secs(30);

/// A new invitation.
///
/// # Errors
/// A node that does not know its own address; too many invitations.
pub async fn invite(service: &Arc<Service>, circle: Option<String>, arrangement: Option<String>) -> Result<Vec<Value>> {
    let addresses = own_addresses(service);
    if addresses.is_empty() {
        bail!(
            "Het knooppunt draait niet en heeft geen vast adres; start het met `overbuur run`, of zet `announce` in config.json"
        );
    }
    let circle = circle_for(service, circle, arrangement)?;
    let papers = service.own.get();
    let claims = papers.certificate.get();
    let now = clock::now();
    let invitation = Invitation {
        root: service.home.owner(),
        refnis: claims.refnis.clone(),
        kbo: claims.kbo.clone(),
        node: claims.node,
        addresses,
        secret: clock::random(),
        expires_at: now.0 + DAYS * 86_400,
        circle: CircleOffer { id: circle.id, name: circle.name.clone(), arrangement: circle.arrangement.clone() },
    };
    service.with_book(|book| book.issue(&invitation, now))?;
    service.invitations_changed().await;
    Ok(vec![json!({
        "invitation": invitation.to_text(),
        "expires_at": invitation.expires_at,
        "circle": circle.name,
        "arrangement": circle.arrangement,
        "qr": invitation.to_qr()?,
        "svg": invitation.to_svg()?,
    })])
}

/// Uses an invitation.
///
/// # Errors
/// Not an invitation, expired, used, of this municipality itself, or nobody answers.
pub async fn join(service: &Arc<Service>, text: &str) -> Result<Vec<Value>> {
    let now = clock::now();
    let invitation = Invitation::from_text(text, now)?;
    if invitation.root == service.home.owner() {
        bail!(pairing::Refused::Myself);
    }
    let papers = service.own.get();
    let request = JoinRequest::new(&invitation, &papers.side(), clock::random(), own_addresses(service));
    let (answer, answered) = oneshot::channel();
    let command = Command::Pair {
        node: invitation.node,
        addresses: invitation.addresses.clone(),
        request: request.to_bytes(),
        answer,
    };
    // On a stopped node a network that listens nowhere lives as long as the question.
    let (_alone, network) = match service.running.get() {
        Some(handle) => (None, handle.network.clone()),
        None => {
            let network = network::start(&service.home.node, &[], clock::generator())?;
            let commands = network.commands.clone();
            (Some(network), commands)
        }
    };
    network.send(command).await.map_err(|_| anyhow!("Het netwerk van dit knooppunt is gestopt"))?;
    let unreachable = "De uitnodigende gemeente is niet bereikbaar of verwacht je niet; \
                       vraag of haar knooppunt draait en of de uitnodiging nog geldt";
    let bytes = match tokio::time::timeout(ANSWER, answered).await {
        Ok(Ok(Ok(bytes))) => bytes,
        Ok(Ok(Err(why))) => bail!("{unreachable} ({why})"),
        Ok(Err(_)) | Err(_) => bail!(unreachable),
    };
    let compared = pairing::accept(&bytes, &request, &invitation, &papers.side(), now)?;
    let root = compared.certificate.get().owner();
    service.with_book(|book| book.await_comparison(compared, invitation.addresses, invitation.circle, now))?;
    let pending = pending_rows(service)?;
    let row = pending.into_iter().find(|row| row["root"] == root.to_string());
    Ok(row.into_iter().collect())
}

/// Partners, and pairings that wait.
///
/// # Errors
/// A failing store.
pub fn partners(service: &Arc<Service>) -> Result<Vec<Value>> {
    let circles = service.circles()?;
    let live = service.port.states().clone();
    let suspensions = service.office.suspensions()?;
    let mut rows: Vec<Value> = service
        .store
        .partners()?
        .into_iter()
        .map(|partner| {
            let named: Vec<&str> = circles
                .iter()
                .filter(|circle| !circle.pair && circle.members.contains(&partner.root))
                .map(|circle| circle.name.as_str())
                .collect();
            json!({
                "what": "partner",
                "municipality": partner.name,
                "refnis": partner.refnis.to_string(),
                "root": partner.root.to_string(),
                "fingerprint": fingerprint(&partner.root.0),
                "since": partner.since.0,
                "addresses": partner.addresses,
                "circles": named,
                "suspended": suspensions.get(&partner.root).map(|one| json!({ "since": one.at.0, "by": one.by, "why": one.why })),
                "connected": live.get(&partner.root).is_some_and(|state| state.connected_since.is_some()),
            })
        })
        .collect();
    rows.extend(pending_rows(service)?);
    rows.extend(service.office.departures()?.into_iter().map(|left| {
        json!({
            "what": "departure",
            "municipality": left.name,
            "root": left.root.to_string(),
            "since": left.at.0,
            "by": left.by,
            "confirmed_at": left.confirmed_at.map(|at| at.0),
            "merged_into": left.successor.map(|root| service.name_of(root)),
        })
    }));
    Ok(rows)
}

fn pending_rows(service: &Service) -> Result<Vec<Value>> {
    let pending = service.with_book(|book| {
        book.tidy(clock::now());
        Ok(book.pending.clone())
    })?;
    let mut rows = Vec::new();
    for pairing in pending {
        let claims = pairing.claims()?.into_inner();
        rows.push(json!({
            "what": "pairing",
            "municipality": refnis_of(&claims)?.name(),
            "refnis": claims.refnis,
            "kbo": claims.kbo,
            "root": claims.owner().to_string(),
            "fingerprint": fingerprint(&claims.owner().0),
            "number": pairing.number,
            "circle": pairing.circle.name,
        }));
    }
    Ok(rows)
}

/// Makes a partner of a pairing whose number both administrators compared.
///
/// # Errors
/// No such pairing, or another number.
pub async fn confirm(service: &Arc<Service>, who: &str, number: Option<&str>) -> Result<Vec<Value>> {
    let (pending, claims) = service.with_book(|book| book.find(who))?;
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    if number.is_some_and(|number| digits(number) != digits(&pending.number)) {
        bail!("Dat nummer klopt niet: bevestig niet, en bel de andere gemeente op een nummer dat je al kende");
    }
    let now = clock::now();
    let claims = claims.get();
    if !claims.covers(now.hour()) {
        bail!("Het certificaat van de andere gemeente is verlopen");
    }
    let (root, refnis) = (claims.owner(), refnis_of(claims)?);
    let store = &service.store;
    if store.is_node_of_another(root, claims.node)? {
        bail!("{}", papers::OF_ANOTHER);
    }
    let partner = Partner {
        root,
        refnis,
        kbo: claims.kbo.clone(),
        name: refnis.name().to_owned(),
        addresses: pending.addresses.clone(),
        since: now,
    };
    store.insert_paired(&partner, &pending.certificate)?;
    arrange_pair(service, root, &pending.circle.arrangement)?;
    join_circle(service, &pending.circle, root)?;
    service.with_book(|book| {
        book.finish(root);
        Ok(())
    })?;
    service.tell(Ask::PartnersChanged).await;
    service.invitations_changed().await;
    let office = service.office.clone();
    crate::runtime::blocking(move || Ok(office.publish_own_cards()?)).await?;
    Ok(vec![
        json!({ "partner": refnis.name(), "refnis": refnis.to_string(), "root": root.to_string(), "confirmed": true }),
    ])
}

/// Where a partner listens from now on.
///
/// # Errors
/// No such partner, or not an address.
pub async fn address(service: &Arc<Service>, who: &str, addresses: Vec<String>) -> Result<Vec<Value>> {
    if addresses.len() > MAX_ADDRESSES
        || addresses.iter().any(|address| address.len() > MAX_ADDRESS || !address.starts_with('/'))
    {
        bail!("Geef hoogstens {MAX_ADDRESSES} adressen zoals /ip4/192.0.2.7/tcp/4601");
    }
    let mut partner = find_partner(service, who)?;
    if partner.addresses != addresses {
        partner.addresses = addresses;
        service.store.insert_partner(&partner)?;
    }
    service.tell(Ask::PartnersChanged).await;
    Ok(vec![json!({ "partner": partner.name, "addresses": partner.addresses })])
}

/// Records the arrangement of a circle, and of the pairs in it that have none.
///
/// # Errors
/// No such circle.
pub async fn arrange(service: &Arc<Service>, circle: Option<String>, arrangement: String) -> Result<Vec<Value>> {
    let named = circle_for(service, circle, Some(arrangement.clone()))?;
    for mut pair in service.circles()?.into_iter().filter(|pair| pair.pair && pair.arrangement.is_empty()) {
        if pair.members.iter().all(|member| named.members.contains(member)) {
            pair.arrangement.clone_from(&arrangement);
            service.store.insert_circle(&pair)?;
        }
    }
    keep_signed(&service.store, service.home.owner(), &service.home.node)?;
    service.tell(Ask::PartnersChanged).await;
    Ok(vec![json!({ "circle": named.name, "arrangement": named.arrangement })])
}

/// A partner by REFNIS code, or by the beginning of its fingerprint.
///
/// # Errors
/// None, or more than one.
pub fn find_partner(service: &Service, who: &str) -> Result<Partner> {
    let by_code: Option<Refnis> = who.parse().ok();
    let mut found = service.store.partners()?;
    found.retain(|partner| {
        by_code == Some(partner.refnis) || who.len() >= 4 && partner.root.to_string().starts_with(&who.to_lowercase())
    });
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!("Er is geen partner {who}"),
        _ => bail!("Er zijn meer partners {who}; geef het begin van de vingerafdruk"),
    }
}

/// Notes the arrangement of the circle of just the two.
fn arrange_pair(service: &Service, partner: RootId, arrangement: &str) -> Result<()> {
    let me = service.home.owner();
    let pair = Circle {
        id: CircleId::pair(me, partner),
        name: String::new(),
        arrangement: arrangement.to_owned(),
        members: vec![me, partner],
        pair: true,
    };
    Ok(service.store.insert_circle(&pair)?)
}

/// The named circle that an invitation is about: the one of that name, the only one there is,
/// or a new one.
fn circle_for(service: &Service, name: Option<String>, arrangement: Option<String>) -> Result<Circle> {
    let mut named: Vec<Circle> = service.circles()?.into_iter().filter(|circle| !circle.pair).collect();
    let fits = |text: &str, most: usize| text.chars().count() <= most && text.len() <= most;
    if name.as_deref().is_some_and(|name| name.trim().is_empty() || !fits(name, 200)) {
        bail!("Geef het samenwerkingsverband een naam van hoogstens 200 tekens");
    }
    if arrangement.as_deref().is_some_and(|arrangement| !fits(arrangement, 400)) {
        bail!("Een verwijzing naar de afspraak heeft hoogstens 400 tekens");
    }
    if let Some(name) = &name {
        named.retain(|circle| circle.name == *name);
    }
    let mut circle = match (named.len(), name) {
        (1, _) => named.remove(0),
        (0, name) => Circle {
            id: CircleId(clock::random()),
            name: name.unwrap_or_else(|| format!("Samenwerking van {}", service.name_of(service.home.owner()))),
            arrangement: String::new(),
            members: vec![service.home.owner()],
            pair: false,
        },
        (_, Some(name)) => bail!("Er zijn meer samenwerkingsverbanden met de naam {name}"),
        (_, None) => bail!("Zeg met --circle om welk samenwerkingsverband het gaat"),
    };
    if let Some(arrangement) = arrangement {
        circle.arrangement = arrangement;
    }
    service.store.insert_circle(&circle)?;
    Ok(circle)
}

/// Takes the new partner up in the circle that the pairing was about, and signs the list.
fn join_circle(service: &Service, offer: &CircleOffer, partner: RootId) -> Result<()> {
    let known = service.circles()?.into_iter().find(|circle| circle.id == offer.id);
    let mut circle = known.unwrap_or_else(|| Circle {
        id: offer.id,
        name: offer.name.clone(),
        arrangement: offer.arrangement.clone(),
        members: vec![service.home.owner()],
        pair: false,
    });
    circle.members.push(partner);
    circle.members.sort();
    circle.members.dedup();
    service.store.insert_circle(&circle)?;
    keep_signed(&service.store, service.home.owner(), &service.home.node)
}

/// Where this node can be reached: what was set, or where it listens.
fn own_addresses(service: &Service) -> Vec<String> {
    let configured = &service.home.configuration.announce;
    let mut addresses = if configured.is_empty() {
        service.running.get().map(|handle| lock(&handle.outlook).listening.clone()).unwrap_or_default()
    } else {
        configured.clone()
    };
    // A loopback address helps nobody else, unless there is no other.
    let others = addresses.iter().any(|address| !is_loopback(address));
    addresses.retain(|address| address.len() <= MAX_ADDRESS && (!others || !is_loopback(address)));
    addresses.truncate(MAX_ADDRESSES);
    addresses
}

fn is_loopback(address: &str) -> bool {
    address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/")
}
