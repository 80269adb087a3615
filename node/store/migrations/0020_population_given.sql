-- When the population table was taken over, in Unix seconds; none for one from before this was kept.
ALTER TABLE population_given ADD COLUMN given_at INTEGER;
