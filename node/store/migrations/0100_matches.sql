-- Our half of the proposals that we made. Goes with the newcomer.
CREATE TABLE outgoing_proposals (
    document BLOB PRIMARY KEY,
    newcomer INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    request BLOB NOT NULL,
    offer BLOB NOT NULL,
    offer_owner BLOB NOT NULL,
    waiting_since TEXT NOT NULL,
    lead BLOB NOT NULL,
    answer BLOB,
    stage TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    by TEXT NOT NULL
) STRICT;
CREATE INDEX outgoing_of_newcomer ON outgoing_proposals (newcomer);

-- Our half of the proposals that came in.
CREATE TABLE incoming_proposals (
    document BLOB PRIMARY KEY,
    requester BLOB NOT NULL,
    request BLOB NOT NULL,
    offer BLOB NOT NULL,
    mentor INTEGER REFERENCES people (id) ON DELETE SET NULL,
    seen_at INTEGER NOT NULL,
    asked_on TEXT,
    asked_by TEXT,
    answer BLOB,
    stage TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX incoming_of_mentor ON incoming_proposals (mentor);

-- Pairs that did not go together.
CREATE TABLE failed_pairs (
    number INTEGER PRIMARY KEY,
    newcomer INTEGER REFERENCES people (id) ON DELETE CASCADE,
    mentor INTEGER REFERENCES people (id) ON DELETE CASCADE,
    proposal BLOB,
    offer BLOB,
    partner BLOB,
    failed_on TEXT NOT NULL
) STRICT;

-- Documents that their owner erased, as far as matches have to know.
CREATE TABLE erased_documents (
    document BLOB PRIMARY KEY
) STRICT;

-- Duos. What was written about a person goes with that person.
CREATE TABLE duos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    proposal BLOB UNIQUE,
    partner BLOB,
    newcomer INTEGER REFERENCES people (id) ON DELETE CASCADE,
    mentor INTEGER REFERENCES people (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    newcomer_said INTEGER,
    mentor_said INTEGER,
    progress BLOB,
    leads INTEGER NOT NULL,
    matched_on TEXT NOT NULL,
    running_since TEXT,
    ended_on TEXT
) STRICT;
CREATE INDEX duos_of_newcomer ON duos (newcomer);
CREATE INDEX duos_of_mentor ON duos (mentor);

CREATE TABLE duo_meetings (
    number INTEGER PRIMARY KEY,
    duo INTEGER NOT NULL REFERENCES duos (id) ON DELETE CASCADE,
    met_on TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    theme TEXT NOT NULL,
    by TEXT NOT NULL
) STRICT;
CREATE INDEX meetings_of_duo ON duo_meetings (duo, met_on, number);

CREATE TABLE duo_plan (
    number INTEGER PRIMARY KEY,
    duo INTEGER NOT NULL REFERENCES duos (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    due TEXT,
    done_on TEXT
) STRICT;
CREATE INDEX plan_of_duo ON duo_plan (duo, number);

CREATE TABLE duo_notes (
    number INTEGER PRIMARY KEY,
    duo INTEGER NOT NULL REFERENCES duos (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    noted_on TEXT NOT NULL,
    text TEXT NOT NULL,
    by TEXT NOT NULL
) STRICT;
CREATE INDEX notes_of_duo ON duo_notes (duo, noted_on, number);

-- One-time keys: destroyed after use, never in a backup.
CREATE TABLE one_time_keys (
    proposal BLOB PRIMARY KEY,
    private BLOB NOT NULL,
    public BLOB NOT NULL
) STRICT;

-- Contact sheets of our persons under way, sealed. Go with the person.
CREATE TABLE outgoing_handovers (
    proposal BLOB PRIMARY KEY,
    partner BLOB NOT NULL,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    sealed_to BLOB NOT NULL,
    message BLOB NOT NULL,
    stage TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Contact sheets that partners handed over.
CREATE TABLE received_sheets (
    proposal BLOB PRIMARY KEY,
    sender BLOB NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT,
    digest BLOB NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;

-- A sheet and a key go with the duo they belong to.
CREATE TRIGGER sheet_goes_with_duo AFTER DELETE ON duos BEGIN
    DELETE FROM received_sheets WHERE proposal = OLD.proposal;
    DELETE FROM one_time_keys WHERE proposal = OLD.proposal;
END;
