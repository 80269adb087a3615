//! What stands around every page: title, navigation, partners, the one-time notice.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use casework::office::AccountRole;
use casework::partners::PartnerRow;
use casework::schemas::time::Timestamp;

use crate::app::App;
use crate::assets;
use crate::door::Visit;
use crate::fault::Fault;
use crate::format;
use crate::words::Words;

/// A place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nav {
    Today,
    Newcomers,
    Mentors,
    Matches,
    Duos,
    Library,
    Partners,
    /// A page outside the navigation.
    None,
}

impl Nav {
    const ALL: [(Self, &'static str, &'static str, &'static str); 7] = [
        (Self::Today, "/", "nav-today", "today"),
        (Self::Newcomers, "/nieuwkomers", "nav-newcomers", "person"),
        (Self::Mentors, "/mentors", "nav-mentors", "mentor"),
        (Self::Matches, "/voorstellen", "nav-matches", "match"),
        (Self::Duos, "/duos", "nav-duos", "duo"),
        (Self::Library, "/netwerk", "nav-library", "book"),
        (Self::Partners, "/partners", "nav-partners", "circle"),
    ];
}

/// One link of the navigation.
#[derive(Debug, Clone)]
pub(crate) struct NavItem {
    pub(crate) href: &'static str,
    pub(crate) label: String,
    pub(crate) icon: &'static str,
    pub(crate) current: bool,
}

/// A partner's state in one dot and a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dot {
    pub(crate) name: String,
    /// `on`, `quiet` or `trouble`: chooses shape and colour.
    pub(crate) state: &'static str,
    pub(crate) words: String,
}

/// The one-time notice, in words.
#[derive(Debug, Clone)]
pub(crate) struct NoticeLine {
    pub(crate) text: String,
    pub(crate) undo: String,
}

/// Around a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    w: Words,
    pub(crate) title: String,
    pub(crate) municipality: String,
    pub(crate) nav: Vec<NavItem>,
    pub(crate) partners: Vec<Dot>,
    pub(crate) account: String,
    pub(crate) notice: Option<NoticeLine>,
    pub(crate) csrf: String,
    pub(crate) number: String,
    pub(crate) path: String,
    pub(crate) demo: bool,
    pub(crate) signed_in: bool,
    pub(crate) sees_persons: bool,
    /// Regions of news that concern this page, such as `people matches`.
    pub(crate) refresh: &'static str,
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) sign: String,
}

impl Frame {
    /// Around a page of somebody who is signed in.
    pub(crate) async fn new(app: &App, visit: &Visit, place: Nav, title: String) -> Result<Self, Fault> {
        let mut frame = Self::bare(app, &visit.words, title);
        let w = &visit.words;
        frame.signed_in = true;
        frame.sees_persons = visit.actor.role == AccountRole::Coordinator;
        frame.nav = Nav::ALL
            .iter()
            .filter(|(nav, ..)| match nav {
                Nav::Today | Nav::Library => true,
                Nav::Partners => visit.actor.role != AccountRole::Member,
                _ => frame.sees_persons,
            })
            .map(|(nav, href, label, icon)| NavItem { href, label: w.t(label), icon, current: *nav == place })
            .collect();
        frame.account = visit.actor.name.clone();
        frame.csrf = visit.csrf();
        frame.number = app.form_number();
        frame.path = visit.page.clone();
        frame.notice = visit
            .notice
            .as_ref()
            .filter(|notice| w.has(&notice.key))
            .map(|notice| NoticeLine { text: w.with(&notice.key, "name", &notice.name), undo: notice.undo.clone() });
        let actor = visit.actor.clone();
        let now = app.now();
        frame.partners = app
            .run(move |office| office.partners_page(&actor))
            .await?
            .partners
            .into_iter()
            .map(|partner| dot(w, &partner, now))
            .collect();
        Ok(frame)
    }

    /// Around a page of somebody who is not.
    pub(crate) fn bare(app: &App, words: &Words, title: String) -> Self {
        Self {
            w: words.clone(),
            title,
            municipality: app.config.municipality.clone(),
            nav: Vec::new(),
            partners: Vec::new(),
            account: String::new(),
            notice: None,
            csrf: String::new(),
            number: String::new(),
            path: "/".to_owned(),
            demo: app.config.demo,
            signed_in: false,
            sees_persons: false,
            refresh: "",
            style: assets::style(),
            script: assets::script(),
            sign: assets::icon(),
        }
    }

    /// The page refreshes when one of these regions has news.
    pub(crate) fn refreshing(mut self, regions: &'static str) -> Self {
        self.refresh = regions;
        self
    }

    /// The hidden fields of every form, for the template.
    pub(crate) fn hidden(&self) -> Result<String, askama::Error> {
        Hidden { csrf: &self.csrf, number: &self.number, page: &self.path }.render()
    }

    pub(crate) fn lang(&self) -> String {
        self.w.code()
    }
    pub(crate) fn t(&self, key: &str) -> String {
        self.w.t(key)
    }
    pub(crate) fn with(&self, key: &str, name: &'static str, value: impl std::fmt::Display) -> String {
        self.w.with(key, name, value)
    }
    pub(crate) fn count(&self, key: &str, count: impl Into<Count>) -> String {
        self.w.count(key, count.into().0)
    }
    /// Links that fit the bar of a narrow screen.
    pub(crate) fn bar(&self) -> &[NavItem] {
        self.nav.get(..4).unwrap_or(&self.nav)
    }
    /// The others.
    pub(crate) fn more(&self) -> &[NavItem] {
        self.nav.get(4..).unwrap_or(&[])
    }
}

/// How a partner does, in one dot and a few words.
pub(crate) fn dot(w: &Words, partner: &PartnerRow, now: Timestamp) -> Dot {
    let live = partner.live.as_ref();
    let (connected, reconciled) = (live.and_then(|l| l.connected_since), live.and_then(|l| l.reconciled_at));
    let (state, words) = match (connected, reconciled) {
        _ if partner.suspended.is_some() => {
            let at = partner.suspended.as_ref().map_or(now, |one| one.at);
            ("trouble", w.with("partner-suspended", "when", format::since(at, now)))
        }
        (Some(_), _) => ("on", w.t("partner-on")),
        (None, Some(at)) => ("quiet", w.with("partner-quiet", "when", format::since(at, now))),
        (None, None) => ("trouble", w.t("partner-never")),
    };
    Dot { name: partner.municipality.name.clone(), state, words }
}

#[derive(Template)]
#[template(path = "fields/hidden.html")]
struct Hidden<'a> {
    csrf: &'a str,
    number: &'a str,
    page: &'a str,
}

/// A page that is ready.
pub(crate) fn html(page: &impl Template) -> Result<Response, Fault> {
    Ok(Html(page.render()?).into_response())
}

/// A number in a template, which hands over some by value and some by reference.
pub(crate) struct Count(usize);

impl From<usize> for Count {
    fn from(count: usize) -> Self {
        Self(count)
    }
}

impl From<&usize> for Count {
    fn from(count: &usize) -> Self {
        Self(*count)
    }
}
