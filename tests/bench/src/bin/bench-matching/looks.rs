//! What a look at the page of the whole list costs, and one at what the circle is worth: found anew
//! at every look, and kept from the look before with one change in between. And what a look costs
//! at the pages that are found anew with every change: the balanced exchange, without a bound and
//! with one for everybody, and circles of every size.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use bench::cards::{Cards, rules};
use bench::clock::nanoseconds;
use matching::solver::fair::Bounds;
use matching::{
    Agreement, CircleDrafts, Drafts, Offer, Request, Rules, assign, balance, value_by_size, value_of_circle, verify,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::bounded::Places;
use schemas::ids::RootId;
use schemas::places::Refnis;
use serde_json::{Value, json};

use crate::processor_seconds;

/// Times that it is found anew.
const ANEW: u32 = 5;
/// Asked of every municipality. Sharper bounds take far longer: each unit that is to go otherwise is
/// a search through the whole circle.
const BOUNDS: Bounds = Bounds { lends: Some(2), receives: None, share: 0, long_share: 0 };

/// Looks so many times at a list of `people` newcomers and as many mentors in 300 municipalities,
/// one change before each; at the end it must be the list that is found anew.
///
/// # Errors
/// A list that is not proved, or another than the one found anew.
pub(crate) fn run(people: u64, times: u32, seed: u64) -> Result<Value> {
    let mut town = Town::new(people, seed)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut drafts, mut worth) = (Drafts::default(), CircleDrafts::default());
    let Town { requests, offers, rules, .. } = &town;
    let proved = || {
        let found = assign(requests, offers, rules)?;
        ensure!(verify(&found, requests, offers, rules), "not proved");
        Ok(found)
    };
    let (mut anew, mut worth_anew) = (Cost::default(), Cost::default());
    for _ in 0..ANEW {
        anew.add(proved)?;
        worth_anew.add(|| value_of_circle(requests, offers, rules))?;
    }
    let towns: BTreeMap<RootId, Refnis> = requests.iter().map(|request| (request.owner, request.refnis)).collect();
    let (mut free, mut bounded, mut sizes) = (Cost::default(), Cost::default(), Cost::default());
    for _ in 0..ANEW {
        for (cost, bounds) in [(&mut free, Bounds::default()), (&mut bounded, BOUNDS)] {
            let bounds = towns.keys().map(|owner| (*owner, bounds)).collect();
            let agreement = Agreement { bounds, long_since: rules.today };
            cost.add(|| balance(requests, offers, rules, &agreement))?;
        }
        sizes.add(|| value_by_size(requests, offers, rules, &towns))?;
    }
    drafts.assign(requests, offers, rules)?;
    worth.value(requests, offers, rules)?;
    let (mut looks, mut worth_looks) = (Cost::default(), Cost::default());
    for _ in 0..times {
        town.change(&mut rng)?;
        let Town { requests, offers, rules, .. } = &town;
        looks.add(|| drafts.assign(requests, offers, rules))?;
        worth_looks.add(|| worth.value(requests, offers, rules))?;
    }
    let Town { requests, offers, rules, .. } = &town;
    let kept = drafts.assign(requests, offers, rules)?;
    let found = assign(requests, offers, rules)?;
    ensure!(kept.fingerprint() == found.fingerprint() && kept.pairs == found.pairs, "another list");
    ensure!(drafts.times_anew() == 1, "found anew {} times", drafts.times_anew());
    Ok(json!({
        "people": people,
        "matched": kept.pairs.len(),
        "looks": times,
        "list_anew": anew.figures()?,
        "list_kept": looks.figures()?,
        "worth_anew": worth_anew.figures()?,
        "worth_kept": worth_looks.figures()?,
        "balance_free": free.figures()?,
        "balance_bounded": bounded.figures()?,
        "sizes": sizes.figures()?,
    }))
}

/// What something costs that is done several times.
#[derive(Default)]
struct Cost {
    nanoseconds: Vec<u64>,
    processor_s: f64,
}

impl Cost {
    fn add<T, E: Into<anyhow::Error>>(&mut self, once: impl FnOnce() -> Result<T, E>) -> Result<()> {
        let (began, worked) = (nanoseconds(), processor_seconds());
        drop(once().map_err(Into::into)?);
        self.nanoseconds.push(nanoseconds() - began);
        self.processor_s += processor_seconds() - worked;
        Ok(())
    }

    /// Milliseconds; of the processor the mean of all, for others may use the machine too.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn figures(mut self) -> Result<Value> {
        self.nanoseconds.sort_unstable();
        let times = self.nanoseconds.len();
        let at = |percent: usize| self.nanoseconds.get((times * percent / 100).min(times.saturating_sub(1)));
        let milliseconds = |percent| Ok::<_, anyhow::Error>(*at(percent).context("no looks")? as f64 / 1e6);
        Ok(json!({
            "ms_p50": milliseconds(50)?,
            "ms_p99": milliseconds(99)?,
            "cpu_ms": self.processor_s * 1e3 / times as f64,
        }))
    }
}

/// Made-up people who come, go and change.
struct Town {
    cards: Cards,
    requests: Vec<Request>,
    offers: Vec<Offer>,
    rules: Rules,
    next: u64,
}

impl Town {
    fn new(people: u64, seed: u64) -> Result<Self> {
        let mut cards = Cards::new(seed);
        let offers = (0..people).map(|number| cards.offer(number)).collect::<Result<_>>()?;
        let requests = (people..2 * people).map(|number| cards.request(number)).collect::<Result<_>>()?;
        Ok(Self { cards, requests, offers, rules: rules()?, next: 2 * people })
    }

    /// A change as a day brings it.
    fn change(&mut self, rng: &mut ChaCha8Rng) -> Result<()> {
        self.next += 1;
        let (request, offer) = (rng.random_range(0..self.requests.len()), rng.random_range(0..self.offers.len()));
        match rng.random_range(0..6) {
            0 => self.requests.push(self.cards.request(self.next)?),
            1 => drop(self.requests.swap_remove(request)),
            2 => self.offers.push(self.cards.offer(self.next)?),
            3 => self.offers[offer].card = self.cards.offer(self.next)?.card,
            4 => self.offers[offer].card.capacity_left = Places::clamped(rng.random_range(0..3)),
            _ => drop(self.rules.failed_before.insert((self.requests[request].id, self.offers[offer].id))),
        }
        Ok(())
    }
}
