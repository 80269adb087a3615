//! The border: a canary in every personal field on two nodes, the whole way from publication to
//! a duo with a meeting, and then a search of everything that is, or was, outside its own node:
//! documents, saved files, the partner's decrypted store, logs, the raw files on disk, the wire.

mod canaries;
mod wire;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use canaries::Canaries;
use casework::Actor;
use casework::ports_matches::{DuoId, NoteKind, PlanKind};
use casework::schemas::time::Date;
use serde_json::{Value, json};
use tests::processes;
use tests::town::{Town, pair, until};
use tests::visitor::Visitor;
use wire::Wire;

const PASSWORD: &str = "een zin om te onthouden";
const OFFICERS: [&str; 2] = ["Kanariea Ambtenaar", "Kanarieb Ambtenaar"];
/// In a column that has to be refused, and in one that nobody ticked.
const NUMBER: &str = "83.08.17-123.45";
const LIST: &str = "Voornaam;Familienaam;Geboortedatum;Moedertaal;Rijksregisternummer;Opmerkingen\n\
    kanarielijstvoornaam;kanarielijstfamilie;17/08/1983;Arabisch;83.08.17-123.45;kanarielijstopmerking\n";

/// One municipality with its person.
struct Place {
    town: Town,
    visitor: Visitor,
    person: String,
    canaries: Canaries,
}

impl Place {
    fn new(town: Town, officer: &str, mut canaries: Canaries) -> Result<Self> {
        canaries.add("asked_by", &officer.to_lowercase());
        let visitor = Visitor::enrol(&town, officer, PASSWORD)?;
        Ok(Self { town, visitor, person: String::new(), canaries })
    }

    fn person(&mut self, folder: &str, more: &[(&str, &str)]) -> Result<()> {
        let new = format!("{folder}/nieuw");
        self.person = self.visitor.submit(&new, &new, &self.canaries.form(more))?;
        Ok(())
    }

    /// Presses a button on the page of the person.
    fn step(&mut self, step: &str, fields: &[(&str, &str)]) -> Result<String> {
        let page = self.person.clone();
        self.visitor.submit(&page, &format!("{page}/{step}"), fields)
    }

    /// What a field on the page of the person says already.
    fn usual(&mut self, name: &str) -> Result<String> {
        self.visitor.page(&self.person)?.between(&format!("name=\"{name}\" type=\"text\" value=\""), "\"")
    }

    fn consent(&mut self, text: &str) -> Result<()> {
        let today = self.usual("on")?;
        let purposes = [("purpose", "cross_border"), ("purpose", "handover"), ("given", "ja")];
        let rest = [("on", today.as_str()), ("text_version", text)];
        self.step("toestemming", &[purposes.as_slice(), &rest].concat()).map(|_| ())
    }

    /// Loads a page until it holds something.
    fn wait_for_page(&mut self, page: &str, wanted: &str) -> Result<String> {
        until(|| {
            let body = self.visitor.page(page)?.body;
            Ok(if body.contains(wanted) { Ok(body) } else { Err(format!("no {wanted} on {page}")) })
        })
    }
}

#[test]
fn no_canary_crosses_but_in_the_sealed_handover() -> Result<()> {
    let home = processes::folder()?;
    let (mut a, mut b, wires) = two_places(home.path())?;
    ensure!(!a.canaries.in_bytes(a.visitor.page(&a.person)?.body.as_bytes()).is_empty(), "this test searches nothing");

    let (proposal, duo_a, duo_b) = match_them(&mut a, &mut b)?;
    look_outside(&a, &b, &proposal)?;
    after_the_duo(&mut a, &mut b, &duo_a, &duo_b)?;
    look_outside(&a, &b, &proposal)?;

    let logs = [a.town.log(), b.town.log()];
    for log in &logs {
        for place in [&a, &b] {
            silent("a log", place.canaries.in_bytes(log.as_bytes()))?;
        }
        ensure!(!log.contains(NUMBER) && !log.contains("kanarielijst"), "an imported row is in a log");
    }
    for wire in &wires {
        let heard = wire.heard();
        for place in [&a, &b] {
            silent("the wire", place.canaries.in_bytes(&heard))?;
        }
    }
    ensure!(wires.iter().map(|wire| wire.heard().len()).sum::<usize>() > 10_000, "the wires heard nothing");

    a.town.stop()?;
    b.town.stop()?;
    for (place, other) in [(&a, &b), (&b, &a)] {
        stores_hold_only_their_own(place, other)?;
        files_are_sealed(place, other)?;
    }
    Ok(())
}

/// Two municipalities, paired over wires that listen, each with a person and a card.
fn two_places(home: &Path) -> Result<(Place, Place, [Wire; 2])> {
    let mut towns = [
        Town::found_for(home, "Aartselaar", "11001", OFFICERS[0])?,
        Town::found_for(home, "Borsbeek", "11007", OFFICERS[1])?,
    ];
    let mut wires = Vec::new();
    for town in &mut towns {
        wires.push(announce(town)?);
        town.start()?;
    }
    pair(&towns[0], &towns[1])?;
    let wires = <[Wire; 2]>::try_from(wires).ok().context("two wires")?;
    let [a, b] = towns;
    let mut a = Place::new(a, OFFICERS[0], Canaries::of('a', "499 00 01 11", "17/08/1963"))?;
    let mut b = Place::new(b, OFFICERS[1], Canaries::of('b', "499 00 02 22", "19/09/1987"))?;
    a.canaries.add("screening", "kanarieascreening");
    a.canaries.add("consent text", "kanarieatekst");
    b.canaries.add("consent text", "kanariebtekst");
    for (field, word) in [("theme", "kanarieb thema"), ("plan", "kanariebplan"), ("note", "kanariebnotitie")] {
        b.canaries.add(field, word);
    }

    let card = [
        ("occupation", "7212"),
        ("sector", "metal"),
        ("domains", "work"),
        ("slots", "sat-morning"),
        ("mother_tongue", "nl"),
    ];
    let mentor = [("capacity", "1"), ("sex", "male"), ("languages", "ti")];
    a.person("/mentors", &[card.as_slice(), &mentor].concat())?;
    a.consent("kanarieatekst")?;
    let today = a.usual("seen_on")?;
    a.step("screening", &[("seen_on", today.as_str()), ("seen_by", "kanarieascreening")])?;
    a.step("publiceer", &[])?;
    b.town.wait_for_kind("mentor_offer")?;
    let newcomer = [("dutch", "B1"), ("sex", "female"), ("children", "3"), ("languages", "ti")];
    b.person("/nieuwkomers", &[card.as_slice(), &newcomer].concat())?;
    b.consent("kanariebtekst")?;
    b.step("publiceer", &[])?;
    a.town.wait_for_kind("match_request")?;
    let list = home.join("lijst nieuwkomers.csv");
    std::fs::write(&list, LIST)?;
    b.town.command(&["import"], &[list.to_str().context("a name")?])?;
    Ok((a, b, wires))
}

/// Lays a wire before a node and has the node tell its partners that address only.
fn announce(town: &Town) -> Result<Wire> {
    let path = town.folder().join("config.json");
    let mut settings: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let listen = settings["listen"][0].as_str().and_then(|at| at.rsplit('/').next()).context("no port")?.parse()?;
    let wire = Wire::to(listen)?;
    settings["announce"] = json!([format!("/ip4/127.0.0.1/tcp/{}", wire.port)]);
    std::fs::write(&path, settings.to_string())?;
    Ok(wire)
}

/// From the search to a match with both contact sheets handed over: the proposal, and the duo's
/// page at each of the two.
fn match_them(a: &mut Place, b: &mut Place) -> Result<(String, String, String)> {
    let search = format!("{}/zoek", b.person);
    b.wait_for_page(&search, "name=\"offer\"")?;
    let offer = b.visitor.page(&search)?.hidden("offer")?;
    let action = format!("{}/voorstel", b.person);
    let page = b.visitor.submit(&search, &action, &[("offer", &offer)])?;
    a.wait_for_page("/", &page)?;
    a.visitor.submit(&page, &format!("{page}/gevraagd"), &[])?;
    a.visitor.submit(&page, &format!("{page}/ja"), &[])?;
    b.wait_for_page(&page, &format!("{page}/bevestig"))?;
    b.visitor.submit(&page, &format!("{page}/bevestig"), &[])?;
    let mut duos = Vec::new();
    for (place, word) in [(&mut *a, "kanariebgivenname"), (&mut *b, "kanarieagivenname")] {
        let shown = place.wait_for_page(&page, "href=\"/duos/")?;
        let rest = shown.split("href=\"/duos/").find(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let number = rest.and_then(|rest| rest.split('"').next()).context("no duo")?;
        let duo = format!("/duos/{number}");
        place.wait_for_page(&duo, word)?;
        duos.push(duo);
    }
    let proposal = page.rsplit('/').next().context("no proposal")?.to_owned();
    let [duo_a, duo_b] = <[String; 2]>::try_from(duos).ok().context("two duos")?;
    Ok((proposal, duo_a, duo_b))
}

/// Both say yes, a meeting with a theme, a plan and a note.
fn after_the_duo(a: &mut Place, b: &mut Place, duo_a: &str, duo_b: &str) -> Result<()> {
    a.visitor.submit(duo_a, &format!("{duo_a}/zegt"), &[("wie", "mentor"), ("antwoord", "ja")])?;
    b.visitor.submit(duo_b, &format!("{duo_b}/zegt"), &[("wie", "newcomer"), ("antwoord", "ja")])?;
    let on = b.visitor.page(duo_b)?.between("name=\"on\" type=\"text\" value=\"", "\"")?;
    let met = [("on", on.as_str()), ("minutes", "90"), ("theme", "kanarieb thema")];
    b.visitor.submit(duo_b, &format!("{duo_b}/ontmoeting"), &met)?;
    // What has no page yet goes through the same use cases.
    b.town.stop()?;
    let (office, actor) = (b.town.office()?, Actor::command_line());
    let id = DuoId(duo_b.rsplit('/').next().context("no duo")?.parse()?);
    let day = Date::new(2026, 1, 15).ok().context("a day")?;
    office.add_plan_item(&actor, id, PlanKind::Goal, "kanariebplan".to_owned(), None)?;
    office.add_duo_note(&actor, id, NoteKind::Review, day, "kanariebnotitie".to_owned())?;
    drop(office);
    b.town.start()?;
    a.town.wait_for_documents(|all| {
        all.iter().any(|document| document["kind"] == "duo_progress" && document["value"]["meetings"] == 1)
    })?;
    Ok(())
}

fn silent(place: &str, singing: Vec<&'static str>) -> Result<()> {
    ensure!(singing.is_empty(), "canaries in {place}: {singing:?}");
    Ok(())
}

/// Nothing that both hold says anything of a person: not as JSON, not as a saved file.
fn look_outside(a: &Place, b: &Place, proposal: &str) -> Result<()> {
    let scratch = processes::folder()?;
    let file = scratch.path().join("saved.automerge");
    for holder in [a, b] {
        let documents = holder.town.documents()?;
        ensure!(documents.iter().any(|document| document["document"] == proposal), "the proposal is not here");
        let mut texts = vec![Value::Array(documents.clone()).to_string()];
        for command in [["status"], ["partners"]] {
            texts.push(holder.town.command(&command, &["--json"])?);
        }
        for document in &documents {
            let id = document["document"].as_str().context("no id")?;
            let file = file.to_str().context("a name")?;
            holder.town.command(&["document", "save"], &[id, "--out", file])?;
            let bytes = std::fs::read(file)?;
            for person in [a, b] {
                silent(&format!("saved {document}"), person.canaries.in_bytes(&bytes))?;
            }
            texts.push(holder.town.command(&["document", "show"], &[id])?);
        }
        for text in &texts {
            for person in [a, b] {
                silent(text, person.canaries.in_bytes(text.as_bytes()))?;
            }
        }
    }
    Ok(())
}

/// The decrypted store of `place` holds nothing of the other's person but the sheet that was
/// handed over, and of the imported list nothing that had to stay out.
fn stores_hold_only_their_own(place: &Place, other: &Place) -> Result<()> {
    let values = place.town.store()?.every_value()?;
    let own: Vec<&str> = values.iter().flat_map(|(_, bytes)| place.canaries.in_bytes(bytes)).collect();
    ensure!(own.contains(&"intake.needs") && own.contains(&"birth"), "this test can't read the store: {own:?}");
    let mut handed = 0;
    for (column, bytes) in &values {
        let singing = if column.starts_with("received_sheets.") {
            handed += usize::from(!other.canaries.in_bytes(bytes).is_empty());
            other.canaries.in_bytes_beyond_handover(bytes)
        } else {
            other.canaries.in_bytes(bytes)
        };
        silent(&format!("{column} of {}", place.town.name), singing)?;
        let text = String::from_utf8_lossy(bytes);
        ensure!(!text.contains(NUMBER) && !text.contains("83081712345"), "a national number is in {column}");
        ensure!(!text.contains("kanarielijstopmerking"), "a remark that nobody ticked is in {column}");
    }
    ensure!(handed >= 3, "name, phone and mail were handed over: {handed}");
    // Nothing of any person is in a document, also not in what the own node holds of it.
    for table in ["envelopes.", "documents."] {
        let some: Vec<&Vec<u8>> =
            values.iter().filter(|(at, _)| at.starts_with(table)).map(|(_, bytes)| bytes).collect();
        ensure!(!some.is_empty(), "no {table} in the store");
        for bytes in some {
            silent(table, place.canaries.in_bytes(bytes))?;
        }
    }
    Ok(())
}

/// No file of a node's folder holds a canary as it lies on disk.
fn files_are_sealed(place: &Place, other: &Place) -> Result<()> {
    let mut large = 0;
    for entry in std::fs::read_dir(place.town.folder())? {
        let path = entry?.path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        large += usize::from(bytes.len() > 10_000);
        for person in [place, other] {
            silent(&path.display().to_string(), person.canaries.in_bytes(&bytes))?;
        }
    }
    ensure!(large > 0, "the folder holds no store");
    Ok(())
}
