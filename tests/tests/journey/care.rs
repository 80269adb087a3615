//! *Lerend netwerk*: a page that one municipality hides until the other looks, and a page that
//! begins anew while somebody elsewhere writes in it.

use anyhow::{Context, Result, ensure};
use tests::processes;
use tests::town::{COORDINATOR, Town, two_partners, until};
use tests::visitor::Visitor;

use crate::edits::{change, wait_for_text};
use crate::steps::PASSWORD;

const FIRST: &str = "Breng je identiteitskaart mee.\n\nHet loket is open op maandag.";

/// A page of Aartselaar that Borsbeek has too.
fn page(a: &mut Visitor, borsbeek: &Town) -> Result<String> {
    let fields =
        [("title", "Loket"), ("kind", "welcome_sheet"), ("language", "nl"), ("licence", "CC-BY-4.0"), ("body", FIRST)];
    a.submit("/netwerk/nieuw", "/netwerk/nieuw", &fields)?;
    let id = borsbeek.wait_for_kind("resource")?;
    Ok(format!("/netwerk/{}", id["document"].as_str().context("no id")?))
}

/// Waits until a page answers with this status; its body.
fn wait_for_status(visitor: &mut Visitor, path: &str, status: u16) -> Result<String> {
    until(|| {
        let answer = visitor.get(path)?;
        Ok(if answer.status == status { Ok(answer.body) } else { Err(format!("{path}: {}", answer.status)) })
    })
}

#[test]
fn a_page_is_hidden_everywhere_until_its_owner_looks() -> Result<()> {
    let home = processes::folder()?;
    let (aartselaar, borsbeek) = two_partners(home.path())?;
    let mut a = Visitor::enrol(&aartselaar, COORDINATOR, PASSWORD)?;
    let mut b = Visitor::enrol(&borsbeek, COORDINATOR, PASSWORD)?;
    let page = page(&mut a, &borsbeek)?;
    wait_for_text(&borsbeek, &mut b, &page, &["op maandag"])?;
    b.submit(&page, &format!("{page}/verberg"), &[])?;
    let hidden = wait_for_status(&mut b, &page, 409)?;
    ensure!(!hidden.contains("op maandag"), "the text is still there");
    let seen = until(|| {
        let seen = a.page(&page)?.body;
        Ok(if seen.contains("vroeg om deze bladzijde te verbergen") { Ok(seen) } else { Err("not told".to_owned()) })
    })?;
    ensure!(seen.contains("Borsbeek vroeg"), "who asked: {seen}");
    a.submit(&page, &format!("{page}/toon"), &[])?;
    let shown = wait_for_status(&mut b, &page, 200)?;
    ensure!(shown.contains("op maandag"), "the text is back");
    Ok(())
}

#[test]
fn a_page_begins_anew_while_somebody_writes_and_nothing_is_lost() -> Result<()> {
    let home = processes::folder()?;
    let (mut aartselaar, mut borsbeek) = two_partners(home.path())?;
    let mut a = Visitor::enrol(&aartselaar, COORDINATOR, PASSWORD)?;
    let mut b = Visitor::enrol(&borsbeek, COORDINATOR, PASSWORD)?;
    let page = page(&mut a, &borsbeek)?;
    wait_for_text(&borsbeek, &mut b, &page, &["op maandag"])?;
    aartselaar.stop()?;
    change(&mut b, &page, "op maandag", "op maandag en donderdagavond")?;
    wait_for_text(&borsbeek, &mut b, &page, &["donderdagavond"])?;
    borsbeek.stop()?;
    aartselaar.start()?;
    change(&mut a, &page, "je identiteitskaart", "je identiteitskaart en je contract")?;
    let new = a.submit(&page, &format!("{page}/vernieuw"), &[])?;
    ensure!(new != page, "the page has another address");
    borsbeek.start()?;

    // The old address leads on; what was typed waits beside the new text.
    let moved = until(|| {
        let answer = b.get(&page)?;
        Ok(if answer.status == 303 { Ok(answer.header("location").to_owned()) } else { Err(answer.body) })
    })?;
    ensure!(moved == new, "{moved} is not {new}");
    let list = b.page("/netwerk")?;
    let draft = format!("/netwerk/concept/{}", list.between("href=\"/netwerk/concept/", "\"")?);
    let form = b.page(&draft)?;
    let body = form.between("name=\"body\"", "</textarea>")?;
    let body = body.split_once(">\n").context("no text")?.1.to_owned();
    ensure!(body.contains("contract") && body.contains("donderdagavond"), "both texts: {body}");
    let fields = [
        ("title", "Loket"),
        ("kind", "welcome_sheet"),
        ("language", "nl"),
        ("licence", "CC-BY-4.0"),
        ("body", body.as_str()),
        ("draft", &form.hidden("draft")?),
        ("head", &form.hidden("head")?),
    ];
    b.submit(&draft, &format!("{new}/bewerk"), &fields)?;
    for (town, visitor) in [(&aartselaar, &mut a), (&borsbeek, &mut b)] {
        wait_for_text(town, visitor, &new, &["contract", "donderdagavond"])?;
    }
    ensure!(!b.page("/netwerk")?.body.contains("/netwerk/concept/"), "the draft was dealt with");
    // Nothing of the old page is left in either store.
    for town in [&mut aartselaar, &mut borsbeek] {
        town.stop()?;
        let old = page.trim_start_matches("/netwerk/").to_owned();
        let kept = town.store()?.stored_headers()?;
        let of_old = kept.iter().filter(|stored| stored.header.document.to_string() == old).count();
        ensure!(of_old == 1, "{}: {of_old} envelopes of the old page", town.name);
    }
    Ok(())
}
