-- Mentors of whom it is not known what was promised since a backup.
CREATE TABLE places_unsure (
    person INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE
) STRICT;
