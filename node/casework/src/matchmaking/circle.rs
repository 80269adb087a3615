//! What concerns the whole circle, from the cards that every member sees: what it is worth, and the
//! best list for everybody within bounds on the exchange.

use std::collections::BTreeMap;

use matching::solver::fair::{Bounds, Sort};
use matching::{Agreement, Fingerprint, Offer, Request, Rules, balance, value_by_size};
use schemas::documents::Exchange;
use schemas::ids::RootId;
use schemas::places::Refnis;

use crate::cast;
use crate::desk::Desk;
use crate::error::Result;
use crate::matchmaking::shared_cards::{SharedCards, shared_cards};
use crate::office::{Actor, Office};
use crate::search_view::{CircleBalance, CircleSizes, CircleWorth, Place};
use crate::whole_list::no_list;

/// Days after which somebody counts as waiting long: half a year.
const LONG_DAYS: i32 = 182;

impl Office {
    /// How many newcomers of the circle find a mentor alone and together, per municipality.
    ///
    /// # Errors
    /// A failing store.
    pub fn value_of_circle(&self, actor: &Actor) -> Result<CircleWorth> {
        self.at_desk(actor, worth)
    }

    /// The same with groups of every size in between.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn circle_sizes(&self, actor: &Actor) -> Result<CircleSizes> {
        let (seen, worth) = self.at_desk(actor, |desk| {
            let seen = visible(desk)?;
            let worth = worth_of(desk, &seen)?;
            Ok((seen, worth))
        })?;
        let Visible { requests, offers, places, rules } = seen;
        let towns: BTreeMap<RootId, Refnis> = places.into_iter().map(|(root, place)| (root, place.refnis)).collect();
        // Everybody's writing would wait for what takes long at a desk.
        let sizes = self.lists.sizes.find((requests, offers, rules, towns), |(requests, offers, rules, towns)| {
            value_by_size(requests, offers, rules, towns).map_err(no_list)
        })?;
        Ok(CircleSizes { requests: worth.value.requests, sizes, worth })
    }

    /// The best list for everybody in the circle, with what each bound costs: every municipality
    /// is held to what its own rules ask, and in what they leave open to `asked`.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn circle_balance(&self, actor: &Actor, asked: Exchange) -> Result<CircleBalance> {
        let (cards, places, today) = self.at_desk(actor, |desk| {
            let places = cast::places(desk)?;
            // Not without those who are matched already: who is in no match of theirs can't know.
            Ok((shared_cards(desk, &places)?, places, desk.today()))
        })?;
        let SharedCards { requests, offers, rules } = cards;
        let wish = |owner| rules.get(owner).map(|rules| rules.exchange).unwrap_or_default();
        // Ours too counts from when it is shared.
        let own = places.keys().flat_map(|owner| said(wish(owner)).map(|sort| (*owner, sort))).collect();
        let agreement = Agreement {
            bounds: places.keys().map(|owner| (*owner, bounds(wish(owner), asked))).collect(),
            long_since: today.plus_days(-LONG_DAYS).quarter(),
        };
        let asked = (requests, offers, Rules::new(rules, today.quarter()), agreement);
        let found = self.lists.balance.find(asked, |(requests, offers, rules, agreement)| {
            balance(requests, offers, rules, agreement).map_err(no_list)
        })?;
        Ok(CircleBalance {
            own,
            fingerprint: Fingerprint::of(&found.pairs),
            places: places.into_values().collect(),
            found,
        })
    }
}

/// The sorts of bounds that a municipality speaks of itself.
fn said(wish: Exchange) -> impl Iterator<Item = Sort> {
    let Exchange { lends, receives, share, long_share } = wish;
    let said = [
        lends.map(|_| Sort::Lends),
        receives.map(|_| Sort::Receives),
        share.map(|_| Sort::Share),
        long_share.map(|_| Sort::LongShare),
    ];
    said.into_iter().flatten()
}

/// What is asked for a municipality: what it says itself, and `asked` where it says nothing.
fn bounds(wish: Exchange, asked: Exchange) -> Bounds {
    Bounds {
        lends: wish.lends.or(asked.lends).map(|net| net.get().into()),
        receives: wish.receives.or(asked.receives).map(|net| net.get().into()),
        share: wish.share.or(asked.share).unwrap_or_default().get(),
        long_share: wish.long_share.or(asked.long_share).unwrap_or_default().get(),
    }
}

/// The shared cards of everybody who still looks, as far as known here.
struct Visible {
    requests: Vec<Request>,
    offers: Vec<Offer>,
    places: BTreeMap<RootId, Place>,
    rules: Rules,
}

fn visible(desk: &mut Desk<'_>) -> Result<Visible> {
    let places = cast::places(desk)?;
    let matched = cast::matched_requests(desk)?;
    let SharedCards { mut requests, offers, rules } = shared_cards(desk, &places)?;
    requests.retain(|request| !matched.contains(&request.id));
    Ok(Visible { requests, offers, places, rules: Rules::new(rules, desk.today().quarter()) })
}

/// What the circle is worth, from the cards that are visible here.
pub(crate) fn worth(desk: &mut Desk<'_>) -> Result<CircleWorth> {
    let seen = visible(desk)?;
    worth_of(desk, &seen)
}

fn worth_of(desk: &Desk<'_>, seen: &Visible) -> Result<CircleWorth> {
    let Visible { requests, offers, places, rules } = seen;
    let value = desk.lists.worth().value(requests, offers, rules).map_err(no_list)?;
    Ok(CircleWorth { municipalities: in_order(desk.me.root, places, &value.owners), value })
}

/// This municipality first, then by name.
fn in_order<T>(me: RootId, places: &BTreeMap<RootId, Place>, owners: &BTreeMap<RootId, T>) -> Vec<Place> {
    let mut found: Vec<Place> = owners.keys().filter_map(|root| places.get(root).cloned()).collect();
    found.sort_by(|one, other| (one.root != me, &one.name).cmp(&(other.root != me, &other.name)));
    found
}
