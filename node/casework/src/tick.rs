//! What time does: cards that are out are renewed, brought in step, or withdrawn, and matches
//! that wait for a day move on.

use schemas::time::Timestamp;

use crate::error::Result;
use crate::office::{Actor, Office};
use crate::people::Side;
use crate::publication::{Around, refresh_card_in};

/// Cards looked at in one transaction, so that nobody waits long for the writer.
const AT_ONCE: usize = 500;

/// Seconds that a receipt is given once more to whoever lost it. Longer than any document lives, so
/// that nobody has a copy of it by then.
const RECEIPTS_KEPT: u64 = 3 * 366 * 86_400;

impl Office {
    /// Looks at everything that time changes. Called every few minutes and at start; as often
    /// as wanted.
    ///
    /// # Errors
    /// A failing store.
    pub fn tick(&self) -> Result<()> {
        let now = self.now();
        self.write(move |records| {
            records.tidy_accounts(now)?;
            records.forget_given(Timestamp(now.0.saturating_sub(RECEIPTS_KEPT)))
        })?;
        self.settle_matches()?;
        self.erase_what_came_back()?;
        let cards = self.read(|records| records.live_cards())?;
        for some in cards.chunks(AT_ONCE) {
            let (some, hand) = (some.to_vec(), self.hand(&Actor::program()));
            self.write(move |records| {
                // What is read for a newcomer serves a mentor too.
                let around = Around::read(records, Side::Newcomer, &hand)?;
                some.into_iter().try_for_each(|(_, person)| refresh_card_in(records, &around, person, &hand))
            })?;
        }
        self.publish_own_cards()?;
        self.network.outbox_filled();
        Ok(())
    }
}
