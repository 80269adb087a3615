//! What people do in the simulation.

use std::collections::BTreeSet;

use rand::{Rng, RngExt};
use replication::{Command, DocumentView, Input};
use schemas::ids::{CircleId, DocumentId};
use schemas::{Kind, SharedValue};
use serde_json::json;

use super::ledger::Promise;
use super::scenario::Plant;
use super::world::World;

/// A resource with this body.
pub(super) fn resource(body: &str, tags: &[&str]) -> SharedValue {
    let json = json!({
        "title": "Fiche", "kind": "welcome_sheet", "language": "nl", "body": body, "tags": tags,
        "licence": "CC-BY-4.0"
    });
    SharedValue::from_json(Kind::Resource, json).expect("a resource of fixed form")
}

/// A comment: an owned document with a text of its own.
pub(super) fn comment(number: u64) -> SharedValue {
    let json = json!({"resource": "00".repeat(16), "text": format!("opmerking {number}")});
    SharedValue::from_json(Kind::Comment, json).expect("a comment of fixed form")
}

fn progress(meetings: u64) -> SharedValue {
    let json = json!({"proposal": "00".repeat(16), "state": "running", "meetings": meetings});
    SharedValue::from_json(Kind::DuoProgress, json).expect("a progress of fixed form")
}

/// The body of a resource.
pub(super) fn body_of(value: &SharedValue) -> String {
    let json = value.to_json().unwrap_or_default();
    json.get("body").and_then(|body| body.as_str()).unwrap_or_default().to_owned()
}

impl World {
    /// Somebody does something.
    pub(super) fn act(&mut self) {
        let hostile = self.hostile();
        let node = self.rng.random_range(0..self.nodes.len());
        if node == hostile && self.scenario.hostile && self.rng.random_bool(0.8) {
            return self.misbehave();
        }
        self.do_something(node);
        if self.scenario.offices {
            for _ in 0..3 {
                let office = self.rng.random_range(0..self.nodes.len());
                if self.nodes[office].replica.is_some() {
                    self.office_acts(office);
                }
            }
        }
    }

    /// Somebody at this node does something honest.
    pub(super) fn do_something(&mut self, node: usize) {
        if self.nodes[node].replica.is_none() || self.is_recovering(node) {
            return;
        }
        match self.rng.random_range(0..12) {
            0 | 1 => self.publish_new(node),
            2 | 3 => self.publish_again(node),
            4 => self.open(node),
            5 | 6 => self.render(node),
            7..=10 => self.submit(node),
            _ => self.erase(node),
        }
    }

    pub(super) fn draw_document(&mut self) -> DocumentId {
        let mut id = DocumentId([0; 16]);
        self.rng.fill_bytes(&mut id.0);
        id
    }

    pub(super) fn command(&mut self, node: usize, promise: Promise, command: Command) {
        // After healing nobody meets the hostile node any more: nothing of its own is promised.
        let own_matter = node == self.hostile() && !matches!(promise, Promise::Said { .. } | Promise::Asked { .. });
        let promise = if own_matter { Promise::Nothing { node } } else { promise };
        let number = self.ledger.number(promise);
        self.input(node, Input::Command { number, command });
    }

    pub(super) fn publish_new(&mut self, node: usize) {
        let document = self.draw_document();
        let other = (node + self.rng.random_range(1..self.nodes.len())) % self.nodes.len();
        let pair = CircleId::pair(self.nodes[node].root, self.nodes[other].root);
        let number = self.rng.random_range(0..1000);
        let (circle, value) = match self.rng.random_range(0..4) {
            0 => (pair, progress(number)),
            1 if node < 2 => (self.circles[1], comment(number)),
            _ => (self.circles[0], comment(number)),
        };
        self.publish(node, circle, document, value);
    }

    /// Publishes something for just one other.
    pub(super) fn publish_between(&mut self, node: usize, other: usize) -> DocumentId {
        let document = self.draw_document();
        let pair = CircleId::pair(self.nodes[node].root, self.nodes[other].root);
        let number = self.rng.random_range(0..1000);
        self.publish(node, pair, document, progress(number));
        document
    }

    fn publish(&mut self, node: usize, circle: CircleId, document: DocumentId, value: SharedValue) {
        let days = self.rng.random_range(2..60);
        let expires_at = self.nodes[node].clock(self.now()).hour().plus_days(days);
        let promise = Promise::Published { node, document, circle, value: value.clone(), expires_at };
        self.command(node, promise, Command::Publish { circle, document, value, expires_at });
    }

    /// One of the views of a node that fit, if there is any.
    fn pick(&mut self, node: usize, fits: impl Fn(&DocumentView) -> bool) -> Option<DocumentView> {
        let views: Vec<&DocumentView> = self.nodes[node].store.views.values().filter(|view| fits(view)).collect();
        if views.is_empty() {
            return None;
        }
        let at = self.rng.random_range(0..views.len());
        views.get(at).map(|view| (*view).clone())
    }

    pub(super) fn publish_again(&mut self, node: usize) {
        let root = self.nodes[node].root;
        let may = |view: &DocumentView| matches!(view.value.kind(), Kind::Comment | Kind::DuoProgress);
        if let Some(view) = self.pick(node, |view| view.owner == root && may(view)) {
            let number = self.rng.random_range(0..1000);
            let value = if view.value.kind() == Kind::Comment { comment(number) } else { progress(number) };
            self.publish(node, view.circle, view.document, value);
        }
    }

    pub(super) fn open(&mut self, node: usize) {
        let document = self.draw_document();
        let characters: BTreeSet<char> = (0..3).map(|_| self.ledger.character()).collect();
        let body: String = characters.iter().collect();
        let command = Command::Open {
            circle: self.circles[0],
            document,
            value: resource(&body, &["een"]),
            expires_at: self.nodes[node].clock(self.now()).hour().plus_days(100),
        };
        self.command(node, Promise::Typed { node, document, characters, opens: true }, command);
    }

    /// Somebody opens a form.
    fn render(&mut self, node: usize) {
        if let Some(view) = self.pick(node, |view| view.value.kind().is_co_edited()) {
            self.ledger.open_form(node, view);
        }
    }

    /// Somebody submits a form, opened just now or long ago.
    pub(super) fn submit(&mut self, node: usize) {
        let early = if self.rng.random_bool(0.6) { self.ledger.take_form(node, &mut self.rng) } else { None };
        let Some(view) = early.or_else(|| self.pick(node, |view| view.value.kind().is_co_edited())) else { return };
        let mut text: Vec<char> = body_of(&view.value).chars().collect();
        let mut characters = BTreeSet::new();
        for _ in 0..self.rng.random_range(1..4) {
            if !text.is_empty() && self.rng.random_bool(0.25) {
                let at = self.rng.random_range(0..text.len());
                let taken = text.remove(at);
                // What this very form typed was never seen by anybody.
                if !characters.remove(&taken) {
                    self.ledger.taken.entry(view.document).or_default().insert(taken);
                }
            } else {
                let character = self.ledger.character();
                text.insert(self.rng.random_range(0..=text.len()), character);
                characters.insert(character);
            }
        }
        let body: String = text.into_iter().collect();
        let newest = self.nodes[node].store.views.get(&(view.owner, view.document)).map(|view| view.heads.clone());
        let heads = match newest {
            Some(heads) if self.plant == Plant::ReplacesText => heads,
            _ => view.heads,
        };
        let document = view.document;
        let tag = ["een", "twee", "drie"][self.rng.random_range(0..3)];
        let command = Command::Edit { document, heads, value: resource(&body, &[tag]) };
        self.command(node, Promise::Typed { node, document, characters, opens: false }, command);
    }

    pub(super) fn erase(&mut self, node: usize) {
        let root = self.nodes[node].root;
        // The halves of a match end by what they say.
        let may = |view: &DocumentView| !matches!(view.value.kind(), Kind::Proposal | Kind::Answer);
        if let Some(view) = self.pick(node, |view| view.owner == root && may(view)) {
            let document = view.document;
            self.command(node, Promise::Erased { node, document }, Command::Erase { document });
        }
    }
}
