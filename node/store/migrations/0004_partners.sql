-- This municipality: one row.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    root BLOB NOT NULL,
    refnis TEXT NOT NULL,
    kbo TEXT NOT NULL,
    name TEXT NOT NULL,
    office TEXT NOT NULL,
    store_id BLOB NOT NULL,
    incarnation INTEGER NOT NULL
) STRICT;

-- Confirmed partners.
CREATE TABLE partners (
    root BLOB PRIMARY KEY,
    refnis TEXT NOT NULL,
    kbo TEXT NOT NULL,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT;

-- Every certificate seen of a root, this municipality's own among them: older ones still
-- cover what was signed under them.
CREATE TABLE certificates (
    root BLOB NOT NULL,
    serial INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (root, serial)
) STRICT;

CREATE TABLE circles (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    arrangement TEXT NOT NULL,
    pair INTEGER NOT NULL
) STRICT;

CREATE TABLE circle_members (
    circle BLOB NOT NULL REFERENCES circles (id) ON DELETE CASCADE,
    root BLOB NOT NULL,
    PRIMARY KEY (circle, root)
) STRICT;

-- Newest signed list of a circle by each member.
CREATE TABLE lists (
    circle BLOB NOT NULL,
    owner BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (circle, owner)
) STRICT;

CREATE TABLE population (
    refnis TEXT NOT NULL,
    age_band TEXT NOT NULL,
    home_language TEXT NOT NULL,
    sex TEXT,
    persons INTEGER NOT NULL
) STRICT;
-- Whether a table was given at all: an empty one says that nobody lives there.
CREATE TABLE population_given (
    one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;
