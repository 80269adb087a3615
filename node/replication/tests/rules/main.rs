//! The rules of documents: cuts, holds, replacements, admissions, forks, releases beside each
//! other. Whatever the order in which envelopes arrive, everybody ends with the same, and what
//! an honest person typed is in the document or in a draft.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "writers are the matter of other tests")]
mod common;
mod controls;
mod ended;
mod forks;
mod mergers;
mod office;
#[path = "../common/papers.rs"]
mod papers;
mod releases;
