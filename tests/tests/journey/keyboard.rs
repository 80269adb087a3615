//! The way from the door to a proposal with the keyboard alone: Tab, the arrows, Enter.

use anyhow::{Context, Result, bail, ensure};
use fantoccini::key::Key;
use tests::processes;
use tests::town::{COORDINATOR, two_partners};

use crate::steps::{PASSWORD, WANTS_TO_WELD, WELDER};
use crate::walk::Walk;

/// More fields and links than any page has before what somebody looks for.
const FAR: usize = 120;

impl Walk {
    async fn hit(&self, keys: &str) -> Result<()> {
        Ok(self.browser.client().active_element().await?.send_keys(keys).await?)
    }

    /// Tabs until the focus is on what `css` names, and it is seen to be there.
    async fn tab_to(&self, css: &str) -> Result<()> {
        let here =
            format!("const at = document.activeElement; return at.matches({css:?}) && at.matches(':focus-visible')");
        let outlined = "const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none'";
        for _ in 0..FAR {
            self.hit(&String::from(char::from(Key::Tab))).await?;
            if self.browser.client().execute(&here, Vec::new()).await? == true {
                ensure!(self.browser.client().execute(outlined, Vec::new()).await? == true, "no focus ring on {css}");
                return Ok(());
            }
        }
        bail!("no way to {css} with Tab on {}", self.path().await?)
    }

    async fn enter(&self, awaited: &str) -> Result<()> {
        self.hit(&String::from(char::from(Key::Enter))).await?;
        self.await_element(awaited).await.map(|_| ()).context("after Enter")
    }
}

#[tokio::test]
async fn from_the_door_to_a_proposal_without_a_mouse() -> Result<()> {
    let home = processes::folder()?;
    let (aartselaar, borsbeek) = two_partners(home.path())?;
    let a = Walk::first_time(&aartselaar, true).await?;
    a.share(&WELDER).await?;
    a.close().await?;
    borsbeek.wait_for_kind("mentor_offer")?;
    let b = Walk::first_time(&borsbeek, true).await?;
    let newcomer = b.share(&WANTS_TO_WELD).await?;
    b.browser.client().delete_all_cookies().await?;

    b.open("/").await?;
    b.await_element("form[action='/aanmelden']").await?;
    b.tab_to("[name='name']").await?;
    b.hit(COORDINATOR).await?;
    b.tab_to("[name='password']").await?;
    b.hit(PASSWORD).await?;
    b.enter("body.in main[data-path='/']").await?;

    // The first stop jumps over the menu.
    b.tab_to("a.skip").await?;
    b.tab_to("nav a[href='/nieuwkomers']").await?;
    b.enter("main[data-path='/nieuwkomers']").await?;
    let file = format!("/nieuwkomers/{newcomer}");
    b.tab_to(&format!("main a[href='{file}']")).await?;
    b.enter(&format!("main[data-path='{file}']")).await?;
    b.tab_to(&format!("main a[href='{file}/zoek']")).await?;
    b.enter("article.match").await?;

    // The arrow steps into the cards, v goes to the button.
    b.tab_to("main a").await?;
    b.hit(&String::from(char::from(Key::Down))).await?;
    let at = "return document.activeElement.matches('article.match.at')";
    ensure!(b.browser.client().execute(at, Vec::new()).await? == true, "the arrow leads to no card");
    b.hit("v").await?;
    let on = "return document.activeElement.matches('[data-propose]')";
    ensure!(b.browser.client().execute(on, Vec::new()).await? == true, "v leads to no button");
    b.enter("main .steps li:first-child.done").await?;
    aartselaar.wait_for_kind("proposal")?;
    b.close().await
}
