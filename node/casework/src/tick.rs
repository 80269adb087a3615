//! What time does: cards that are out are renewed, brought in step, or withdrawn.

use crate::error::Result;
use crate::office::{Actor, Office};
use crate::publication::refresh_card;

impl Office {
    /// Looks at everything that time changes. Called every few minutes and at start; as often
    /// as wanted.
    ///
    /// # Errors
    /// A failing store.
    pub fn tick(&self) -> Result<()> {
        let hand = self.hand(&Actor::program());
        self.write(move |records| {
            records.tidy_accounts(hand.now)?;
            for (_, person) in records.live_cards()? {
                refresh_card(records, person, &hand)?;
            }
            Ok(())
        })?;
        self.publish_own_cards()?;
        self.network.outbox_filled();
        Ok(())
    }
}
