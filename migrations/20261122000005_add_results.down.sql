DROP TABLE results;
ALTER TABLE purchases DROP COLUMN sold_at;
ALTER TABLE purchases DROP COLUMN results;
