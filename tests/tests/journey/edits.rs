//! *Lerend netwerk*: one text that two municipalities change while they can't hear each other.
//! Both edits survive, in both.

use anyhow::{Context, Result, ensure};
use tests::processes;
use tests::town::{COORDINATOR, Town, two_partners, until};
use tests::visitor::Visitor;

use crate::steps::PASSWORD;
use crate::walk::Walk;

const FIRST: &str =
    "Breng je identiteitskaart mee.\n\nHet loket is open op maandag.\n\nParkeren kan achter het gemeentehuis.";

/// The text of a page as the form gives it, and the heads it was given with.
fn text_of(visitor: &mut Visitor, page: &str) -> Result<(String, Vec<String>)> {
    let form = visitor.page(&format!("{page}/bewerk"))?;
    let area = form.between("name=\"body\"", "</textarea>")?;
    let text = area.split_once(">\n").context("no text")?.1.to_owned();
    let mut heads = Vec::new();
    for part in form.body.split("name=\"head\" value=\"").skip(1) {
        heads.push(part.split('"').next().unwrap_or_default().to_owned());
    }
    ensure!(!heads.is_empty(), "the form carries no heads");
    Ok((text, heads))
}

/// Sends the form of a page with another text, against the heads it was shown with.
pub(crate) fn change(visitor: &mut Visitor, page: &str, from: &str, to: &str) -> Result<()> {
    let (text, heads) = text_of(visitor, page)?;
    ensure!(text.contains(from), "{from} is not in {text}");
    let text = text.replace(from, to);
    let mut fields = vec![
        ("title", "Je eerste bezoek aan het loket"),
        ("kind", "welcome_sheet"),
        ("language", "nl"),
        ("licence", "CC-BY-4.0"),
        ("tags", "loket"),
        ("body", text.as_str()),
    ];
    fields.extend(heads.iter().map(|head| ("head", head.as_str())));
    let edit = format!("{page}/bewerk");
    visitor.submit(&edit, &edit, &fields)?;
    Ok(())
}

/// Waits until the text of a page holds all of these.
pub(crate) fn wait_for_text(town: &Town, visitor: &mut Visitor, page: &str, wanted: &[&str]) -> Result<String> {
    until(|| {
        let (text, _) = text_of(visitor, page)?;
        let all = wanted.iter().all(|part| text.contains(part));
        Ok(if all { Ok(text) } else { Err(format!("in {}: {text}", town.name)) })
    })
}

#[tokio::test]
async fn two_municipalities_change_one_text_apart_and_both_edits_survive() -> Result<()> {
    let home = processes::folder()?;
    let (mut aartselaar, mut borsbeek) = two_partners(home.path())?;
    let mut writer = Walk::first_time(&aartselaar, true).await?;
    writer.open("/netwerk").await?;
    writer.look("netwerk-leeg").await?;
    writer.open("/netwerk/nieuw").await?;
    writer.write("title", "Je eerste bezoek aan het loket").await?;
    writer.write("body", FIRST).await?;
    writer.write("tags", "loket").await?;
    writer.look("bron-nieuw").await?;
    writer.press("form[action='/netwerk/nieuw'] button", "main .notice").await?;
    aartselaar.wait_for_kind("resource")?;
    let page = format!("/netwerk/{}", borsbeek.wait_for_kind("resource")?["document"].as_str().context("no id")?);
    writer.open("/netwerk").await?;
    writer.look("netwerk").await?;
    writer.open(&page).await?;
    writer.look("bron").await?;
    writer.open(&format!("{page}/bewerk")).await?;
    writer.look("bron-bewerken").await?;
    writer.close().await?;

    // Each writes while the other is away.
    let mut b = Visitor::enrol(&borsbeek, COORDINATOR, PASSWORD)?;
    let mut a = Visitor::new(&aartselaar);
    let entered = a.post("/aanmelden", &[("name", COORDINATOR), ("password", PASSWORD), ("next", "/")])?;
    ensure!(entered.status == 303, "sign-in: {}", entered.status);
    wait_for_text(&borsbeek, &mut b, &page, &["op maandag"])?;
    borsbeek.stop()?;
    change(&mut a, &page, "op maandag", "op maandag en donderdagavond")?;
    wait_for_text(&aartselaar, &mut a, &page, &["donderdagavond"])?;
    aartselaar.stop()?;
    borsbeek.start()?;
    change(&mut b, &page, "je identiteitskaart mee", "je identiteitskaart en je contract mee")?;
    wait_for_text(&borsbeek, &mut b, &page, &["je contract"])?;
    aartselaar.start()?;

    let both = ["op maandag en donderdagavond", "je identiteitskaart en je contract mee", "Parkeren kan achter"];
    let there = wait_for_text(&aartselaar, &mut a, &page, &both)?;
    let here = wait_for_text(&borsbeek, &mut b, &page, &both)?;
    ensure!(here == there, "two texts:\n{here}\n\n{there}");
    // Character by character: nothing stands twice.
    for part in ["identiteitskaart", "maandag", "Parkeren"] {
        ensure!(here.matches(part).count() == 1, "{part} stands twice: {here}");
    }
    Ok(())
}

#[test]
fn two_forms_opened_together_merge() -> Result<()> {
    let home = processes::folder()?;
    let (aartselaar, borsbeek) = two_partners(home.path())?;
    let mut a = Visitor::enrol(&aartselaar, COORDINATOR, PASSWORD)?;
    let mut b = Visitor::enrol(&borsbeek, COORDINATOR, PASSWORD)?;
    let fields =
        [("title", "Loket"), ("kind", "welcome_sheet"), ("language", "nl"), ("licence", "CC-BY-4.0"), ("body", FIRST)];
    a.submit("/netwerk/nieuw", "/netwerk/nieuw", &fields)?;
    let page = format!("/netwerk/{}", borsbeek.wait_for_kind("resource")?["document"].as_str().context("no id")?);
    // Both look at the same text; the first saves, and it arrives, before the second saves.
    let (text, heads) = text_of(&mut b, &page)?;
    change(&mut a, &page, "op maandag", "op dinsdag")?;
    wait_for_text(&borsbeek, &mut b, &page, &["op dinsdag"])?;
    let mine = text.replace("achter het gemeentehuis", "naast de kerk");
    let mut sent = vec![
        ("title", "Loket"),
        ("kind", "welcome_sheet"),
        ("language", "nl"),
        ("licence", "CC-BY-4.0"),
        ("body", mine.as_str()),
    ];
    sent.extend(heads.iter().map(|head| ("head", head.as_str())));
    let edit = format!("{page}/bewerk");
    b.submit(&edit, &edit, &sent)?;
    for (town, visitor) in [(&aartselaar, &mut a), (&borsbeek, &mut b)] {
        wait_for_text(town, visitor, &page, &["op dinsdag", "naast de kerk"])?;
    }
    Ok(())
}
