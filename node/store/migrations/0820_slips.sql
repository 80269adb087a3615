-- How often what opens a guest's slip was replaced: a form of before that replaces nothing.
ALTER TABLE evening_guests ADD COLUMN slips_made INTEGER NOT NULL DEFAULT 0;
