//! The command line: what can be asked, and how it is read.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::accounts::Role;

/// Match newcomers with volunteer mentors across municipal borders, without a central server.
#[derive(Debug, Parser)]
#[command(name = "overbuur", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The folder of a node.
#[derive(Debug, Clone, Args)]
pub struct Dir {
    /// The node's folder.
    #[arg(long)]
    pub dir: PathBuf,
}

/// What the root of a municipality signs.
#[derive(Debug, Args)]
pub struct ByRoot {
    #[command(flatten)]
    pub at: Dir,
    /// File with the root key, when it is not kept in the node's folder.
    #[arg(long)]
    pub root_key: Option<PathBuf>,
    /// JSON instead of sentences.
    #[arg(long)]
    pub json: bool,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Three municipalities with real nodes, spreadsheets and a match across the border.
    Demo {
        /// Folder of the three nodes.
        #[arg(long, default_value = "overbuur-demo")]
        dir: PathBuf,
        /// Port of the first municipality's pages; the others follow.
        #[arg(long, default_value_t = 8101, value_parser = clap::value_parser!(u16).range(1..=65533))]
        http_port: u16,
        /// Folder with spreadsheets of the same names.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Stops when everything is done.
        #[arg(long)]
        once: bool,
    },
    /// Makes a new node.
    Init {
        #[command(flatten)]
        at: Dir,
        /// REFNIS code of the municipality, five digits.
        #[arg(long)]
        refnis: String,
        /// Enterprise number (KBO).
        #[arg(long)]
        kbo: Option<String>,
        /// Makes an account for a coordinator too.
        #[arg(long)]
        coordinator: Option<String>,
        /// Mail or phone of the office, for partners.
        #[arg(long, default_value = "")]
        office: String,
        /// Where the pages will be served.
        #[arg(long, default_value = crate::home::USUAL_HTTP)]
        http: String,
        /// Where partners connect; may be repeated.
        #[arg(long)]
        listen: Vec<String>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Runs a node until it is stopped.
    Run {
        #[command(flatten)]
        at: Dir,
        /// Where the pages are served.
        #[arg(long)]
        http: Option<String>,
        /// Where partners connect; may be repeated.
        #[arg(long)]
        listen: Vec<String>,
        /// Part of the demonstration: ends when its standard input does.
        #[arg(long, hide = true)]
        demo: bool,
    },
    /// Gives a one-time invitation for another municipality.
    Invite {
        #[command(flatten)]
        at: Dir,
        /// Name of the circle that it is about; made when there is none.
        #[arg(long)]
        circle: Option<String>,
        /// Reference of the circle's written arrangement.
        #[arg(long)]
        arrangement: Option<String>,
        /// Writes the QR code to an SVG file too.
        #[arg(long)]
        svg: Option<PathBuf>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Uses an invitation.
    Join {
        #[command(flatten)]
        at: Dir,
        /// The invitation, as text.
        invitation: String,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Confirms a pairing after its number was compared.
    Confirm {
        #[command(flatten)]
        at: Dir,
        /// REFNIS code of the other, or the beginning of its fingerprint.
        who: String,
        /// The number that the other read out; compared when given.
        number: Vec<String>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Partners, and pairings that wait for their comparison.
    Partners {
        #[command(flatten)]
        at: Dir,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Tells where a partner listens from now on.
    Address {
        #[command(flatten)]
        at: Dir,
        /// REFNIS code of the partner, or the beginning of its fingerprint.
        who: String,
        /// Its addresses.
        #[arg(required = true)]
        addresses: Vec<String>,
    },
    /// Exchanges nothing with a partner for now, hides what is its own, and lists what it received.
    Suspend {
        #[command(flatten)]
        at: Dir,
        /// REFNIS code of the partner, or the beginning of its fingerprint.
        who: String,
        /// Why, for whoever looks later.
        #[arg(long, default_value = "")]
        why: String,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Goes on with a suspended partner.
    Resume {
        #[command(flatten)]
        at: Dir,
        /// REFNIS code of the partner, or the beginning of its fingerprint.
        who: String,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Ends a partnership: matches with it stop, and everything of the partner goes here.
    Leave {
        #[command(flatten)]
        at: Dir,
        /// REFNIS code of the partner, or the beginning of its fingerprint.
        who: String,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Signs the next certificate of this node, for another year.
    Renew(ByRoot),
    /// Replaces the key of a stopped node: whatever the key before it signed is void from then on.
    RotateKey(ByRoot),
    /// Merges this municipality into a partner, for good: its pages pass to that one, its cards and
    /// open proposals end, and partners that heard it are partners no more.
    MergeInto {
        #[command(flatten)]
        by: ByRoot,
        /// REFNIS code of the partner, or the beginning of its fingerprint.
        who: String,
    },
    /// Shows this node's certificate as text; or takes over the newer one of a partner.
    Certificate {
        #[command(flatten)]
        at: Dir,
        /// The certificate of a partner, as its administrator sent it.
        of_partner: Option<String>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Writes the whole node to one encrypted file.
    Backup {
        #[command(flatten)]
        at: Dir,
        /// The file; it may not be there yet.
        out: PathBuf,
        /// To whom it is encrypted (age1…); a key of its own is made when nobody was ever given.
        #[arg(long)]
        recipient: Option<String>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Makes a node in a new folder from a backup.
    Restore {
        #[command(flatten)]
        at: Dir,
        /// The backup.
        backup: PathBuf,
        /// The key that opens it.
        #[arg(long)]
        key: PathBuf,
        /// The file `erasures` of the node that was lost: who is in it does not come back.
        #[arg(long)]
        erasures: Option<PathBuf>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Records the reference of a circle's written arrangement.
    Circle {
        #[command(flatten)]
        at: Dir,
        /// Name of the circle; the only one when left out.
        #[arg(long)]
        circle: Option<String>,
        /// The reference.
        #[arg(long)]
        arrangement: String,
    },
    /// Reads spreadsheets of newcomers and mentors.
    Import {
        #[command(flatten)]
        at: Dir,
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Shows what would be taken and writes nothing.
        #[arg(long)]
        dry_run: bool,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Takes over a population table, or tells which one is in use.
    Population {
        #[command(flatten)]
        at: Dir,
        /// CSV with `refnis,age_band,sex,home_language,persons`.
        file: Option<PathBuf>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Drafts matches for the whole waiting list.
    Match {
        #[command(flatten)]
        at: Dir,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// How the node and its partners are doing.
    Status {
        #[command(flatten)]
        at: Dir,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Makes an account, or a new link for a known one, with which somebody chooses a password.
    Account {
        #[command(flatten)]
        at: Dir,
        /// Name to sign in with.
        name: String,
        /// What a new account may do.
        #[arg(long, value_enum, default_value = "coordinator")]
        role: Role,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Erases a person, here and at every partner; or tells which partners signed what was erased.
    Erase {
        #[command(flatten)]
        at: Dir,
        /// Number of the person; nobody is erased when left out.
        person: Option<i64>,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Shared documents that this node holds.
    Document {
        /// What to do.
        #[command(subcommand)]
        what: Document,
    },
}

/// What can be done with documents.
#[derive(Debug, Subcommand)]
pub enum Document {
    /// One document per line.
    List {
        #[command(flatten)]
        at: Dir,
        /// JSON instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// One document with its values.
    Show {
        #[command(flatten)]
        at: Dir,
        /// Its id.
        document: String,
    },
    /// Writes a document as an Automerge file.
    Save {
        #[command(flatten)]
        at: Dir,
        /// Its id.
        document: String,
        /// The file; `DOCUMENT.automerge` when left out.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}
