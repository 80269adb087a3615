-- Persons of this municipality. Numbers are never used twice.
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL,
    demo INTEGER NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    side TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    birth_on TEXT,
    birth_year INTEGER,
    age_years INTEGER,
    age_on TEXT,
    sex TEXT,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    street TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    municipality TEXT,
    country TEXT NOT NULL,
    mother_tongue TEXT,
    languages TEXT NOT NULL,
    dutch TEXT,
    education TEXT NOT NULL,
    former_work TEXT NOT NULL,
    occupation TEXT,
    occupation_text TEXT NOT NULL,
    sector TEXT,
    domains TEXT NOT NULL,
    slots TEXT NOT NULL,
    interests TEXT NOT NULL,
    style TEXT,
    wishes TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    radius_km INTEGER NOT NULL,
    meets_in TEXT,
    children INTEGER,
    recruited_via TEXT NOT NULL,
    registered_on TEXT NOT NULL,
    shows_age INTEGER NOT NULL,
    shows_sex INTEGER NOT NULL,
    intake_needs TEXT NOT NULL,
    intake_expectations TEXT NOT NULL,
    intake_background TEXT NOT NULL,
    intake_experience TEXT NOT NULL,
    intake_goals TEXT NOT NULL,
    intake_barriers TEXT NOT NULL,
    intake_preferred_profile TEXT NOT NULL,
    intake_actions TEXT NOT NULL,
    intake_remarks TEXT NOT NULL
) STRICT;
CREATE INDEX people_by_side ON people (side, archived, registered_on, id);

CREATE TABLE consents (
    number INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    given INTEGER NOT NULL,
    asked_on TEXT NOT NULL,
    text_version TEXT NOT NULL,
    asked_by TEXT NOT NULL
) STRICT;
CREATE INDEX consents_of_person ON consents (person, purpose, number);

CREATE TABLE screenings (
    number INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    seen_on TEXT NOT NULL,
    seen_by TEXT NOT NULL
) STRICT;
CREATE INDEX screenings_of_person ON screenings (person, number);
