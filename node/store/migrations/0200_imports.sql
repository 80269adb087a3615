-- What imports remember: keyed hashes of rows and of imported values, and mappings of layouts.
CREATE TABLE import_key (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;

CREATE TABLE import_rows (
  print BLOB NOT NULL CHECK (length(print) = 32),
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (print, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX import_rows_by_person ON import_rows (person);

CREATE TABLE import_values (
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  part TEXT NOT NULL,
  print BLOB NOT NULL CHECK (length(print) = 32),
  PRIMARY KEY (person, part)
) STRICT, WITHOUT ROWID;

-- Mappings are no personal data: a side and the codes of fields.
CREATE TABLE import_layouts (
  layout BLOB PRIMARY KEY CHECK (length(layout) = 32),
  side TEXT NOT NULL,
  fields TEXT NOT NULL
) STRICT, WITHOUT ROWID;
