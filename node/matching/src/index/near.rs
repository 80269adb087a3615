//! Who just misses: the best mentors' cards that break exactly one hard rule, from the index.
//!
//! A card that is seen at a glance to break two is passed by; one that is seen to break none is
//! looked at only when the two cannot talk, or when wishes are still open.

use schemas::bounded::Kilometres;

use super::columns::ones;
use super::packed::{Glance, Packed};
use super::question::{Points, Question};
use super::{AllPoints, Best, Found, Mentors, cell_of, neighbours};
use crate::card::{Request, Rules};
use crate::counterfactual::{NearMiss, near_miss};

impl Mentors {
    /// The same as [`crate::near_misses`] of all cards. The index of each is its place in this
    /// ranking.
    pub fn near_misses(&self, request: &Request, rules: &Rules, n: usize) -> Vec<NearMiss> {
        let best = self.nearly(request, rules, n).in_order();
        let least = best.last().map_or(0, |(least, ..)| least.0);
        let ahead = self.search(request, rules, usize::MAX, least).in_order();
        let explain = |(index, (score, id, slot)): (usize, &Found)| {
            let (misfit, met) = near_miss(request, self.shelf.at(*slot)?, rules)?;
            let place = 1 + ahead.partition_point(|(other, before, _)| (other, before) < (score, id));
            Some(NearMiss { index, id: *id, misfit, score: met, place })
        };
        best.iter().enumerate().filter_map(explain).collect()
    }

    fn nearly(&self, request: &Request, rules: &Rules, n: usize) -> Best {
        let mut best = Best::new(n, 0);
        if n == 0 {
            return best;
        }
        let question = Question::new(request);
        let mut all = AllPoints::new(&question, &self.shelf.owners, rules);
        // Nobody can travel further than a card can say.
        let can = |metres: u32| u8::try_from(metres.div_ceil(1_000)).is_ok_and(|km| Kilometres::new(km).is_ok());
        for (metres, at) in neighbours::of(request.place()).iter().take_while(|(metres, _)| can(*metres)) {
            for full in [false, true] {
                let Some(cell) = self.shelf.cell(cell_of((*at).into(), full)) else { continue };
                let Some(prospect) = all.prospect(cell, *metres).filter(|prospect| best.wants(prospect.most())) else {
                    continue;
                };
                let so_far = u8::from(full) + u8::from(!question.reaches(*metres));
                for (columns, cards) in cell.together() {
                    let [none, one] = question.broken(columns, &prospect);
                    let passed = match so_far {
                        0 => none | one,
                        1 => none,
                        _ => 0,
                    };
                    for place in ones(passed) {
                        let (glance, card) = &cards[place as usize];
                        if best.wants(question.most(*glance, &prospect))
                            && (so_far == 1
                                || one >> place & 1 == 1
                                || may_miss(&question, *glance, card, all.of(card.owner), *metres))
                        {
                            self.miss(request, card.slot, rules, &mut best);
                        }
                    }
                }
            }
        }
        best
    }

    fn miss(&self, request: &Request, slot: u32, rules: &Rules, best: &mut Best) {
        let Some(offer) = self.shelf.at(slot) else { return };
        if let Some((_, score)) = near_miss(request, offer, rules) {
            best.add(score.total, offer.id, slot);
        }
    }
}

/// Whether a card that fits at a glance may break a rule that is not seen there.
fn may_miss(question: &Question<'_>, glance: Glance, card: &Packed, points: &Points, metres: u32) -> bool {
    question.compare(glance, card, points, metres).is_none_or(|compared| compared.open)
}
