ALTER TABLE purchases DROP COLUMN warnings;
ALTER TABLE purchases DROP COLUMN grants;
ALTER TABLE purchases DROP COLUMN sequence;
