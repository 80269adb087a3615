//! Steps that several journeys share.

use anyhow::Result;
use tests::town::{COORDINATOR, Town};

use crate::walk::Walk;

/// Long enough, and typed by nobody else.
pub(crate) const PASSWORD: &str = "een zin om te onthouden";

/// What a coordinator types of somebody.
pub(crate) struct Somebody {
    pub(crate) folder: &'static str,
    pub(crate) lines: &'static [(&'static str, &'static str)],
    pub(crate) choices: &'static [(&'static str, &'static str)],
    pub(crate) ticks: &'static [(&'static str, &'static str)],
    pub(crate) languages: &'static [&'static str],
}

/// A welder from Aartselaar who speaks Persian too.
pub(crate) const WELDER: Somebody = Somebody {
    folder: "/mentors",
    lines: &[
        ("given_name", "Wim"),
        ("family_name", "De Lasser"),
        ("birth", "1968"),
        ("contact.phone", "0470 12 34 56"),
        ("contact.email", "wim@voorbeeld.be"),
        ("contact.street", "Kerkstraat 4"),
        ("contact.postal_code", "2630"),
        ("recruited_via", "infoavond"),
        ("intake.experience", "Last al dertig jaar."),
    ],
    choices: &[("mother_tongue", "nl"), ("occupation", "7212"), ("sector", "metal"), ("style", "doing")],
    ticks: &[
        ("domains", "work"),
        ("domains", "language"),
        ("interests", "cycling"),
        ("slots", "sat-morning"),
        ("slots", "wed-evening"),
        ("shows_age", "yes"),
    ],
    languages: &["fa"],
};

/// A newcomer in Borsbeek who wants to weld.
pub(crate) const WANTS_TO_WELD: Somebody = Somebody {
    folder: "/nieuwkomers",
    lines: &[
        ("given_name", "Navid"),
        ("family_name", "Rahimi"),
        ("birth", "12/03/1990"),
        ("contact.phone", "0485 65 43 21"),
        ("contact.email", "navid@voorbeeld.be"),
        ("contact.street", "Jozef Reusenslei 7"),
        ("contact.postal_code", "2150"),
        ("country", "Iran"),
        ("education", "technische school"),
        ("former_work", "lasser op een werf"),
        ("intake.needs", "Werk vinden dat past."),
        ("intake.goals", "Een attest als lasser."),
    ],
    choices: &[("mother_tongue", "fa"), ("dutch", "A2"), ("occupation", "7212"), ("sector", "metal")],
    ticks: &[("domains", "work"), ("interests", "cycling"), ("slots", "sat-morning"), ("slots", "mon-evening")],
    languages: &[],
};

impl Walk {
    /// Comes in for the first time.
    pub(crate) async fn first_time(town: &Town, javascript: bool) -> Result<Self> {
        let mut walk = Self::start(town, javascript).await?;
        walk.enrol(town.link(COORDINATOR)?, PASSWORD).await?;
        Ok(walk)
    }

    /// Types somebody in the intake form on the screen.
    pub(crate) async fn type_in(&self, somebody: &Somebody) -> Result<()> {
        for (name, text) in somebody.lines {
            self.write(name, text).await?;
        }
        for (name, value) in somebody.choices {
            self.choose(name, value).await?;
        }
        for (name, value) in somebody.ticks {
            self.tick(name, value).await?;
        }
        if !somebody.languages.is_empty() {
            self.unfold("main details:has([name='languages'])").await?;
        }
        for language in somebody.languages {
            self.tick("languages", language).await?;
        }
        Ok(())
    }

    /// Does the intake of somebody; the number of the person.
    pub(crate) async fn intake(&self, somebody: &Somebody) -> Result<String> {
        self.open(&format!("{}/nieuw", somebody.folder)).await?;
        self.type_in(somebody).await?;
        self.save_intake().await
    }

    /// Saves the intake on the screen; the number of the person.
    pub(crate) async fn save_intake(&self) -> Result<String> {
        self.press(".savebar button", "main .notice + .head, main section#delen").await?;
        self.number().await
    }

    /// Records consent, and for a mentor screening, of the person on the screen.
    pub(crate) async fn record_consent(&self, mentor: bool) -> Result<()> {
        let yes = "form[action$='/toestemming'] button[value='ja']";
        if mentor {
            self.press(yes, "a.main-act[href='#screening']").await?;
            self.press("form[action$='/screening'] button", "a.main-act[href='#delen']").await
        } else {
            self.press(yes, "form[action$='/publiceer']").await
        }
    }

    /// Publishes the person on the screen.
    pub(crate) async fn publish(&self) -> Result<()> {
        self.press("form[action$='/publiceer'] button", "#delen form[action$='/intrekken']").await
    }

    /// Takes somebody from intake to published.
    pub(crate) async fn share(&self, somebody: &Somebody) -> Result<String> {
        let number = self.intake(somebody).await?;
        self.record_consent(somebody.folder == "/mentors").await?;
        self.publish().await?;
        Ok(number)
    }
}
