ALTER TABLE purchases DROP COLUMN pos;
DROP INDEX purchases_till_id;
ALTER TABLE purchases DROP COLUMN till_id;
