-- Evenings of speed-dating. Guests wear a number; who is behind it stays here.
CREATE TABLE evenings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    held_on TEXT NOT NULL,
    tables INTEGER NOT NULL,
    minutes INTEGER NOT NULL,
    most_dates INTEGER NOT NULL,
    -- Rounds that began.
    round INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE evening_guests (
    evening INTEGER NOT NULL REFERENCES evenings (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    side TEXT NOT NULL,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    absent INTEGER NOT NULL DEFAULT 0,
    -- SHA-256 of what the guest's slip is opened with.
    slip_hash BLOB NOT NULL UNIQUE,
    PRIMARY KEY (evening, number),
    UNIQUE (evening, person)
) STRICT;

CREATE TABLE evening_dates (
    evening INTEGER NOT NULL REFERENCES evenings (id) ON DELETE CASCADE,
    newcomer INTEGER NOT NULL,
    mentor INTEGER NOT NULL,
    score INTEGER NOT NULL,
    -- From 0; none while it has no place.
    round INTEGER,
    seat INTEGER NOT NULL DEFAULT 0,
    newcomer_says TEXT,
    mentor_says TEXT,
    PRIMARY KEY (evening, newcomer, mentor)
) STRICT;
