ALTER TABLE purchases DROP COLUMN inputs;
