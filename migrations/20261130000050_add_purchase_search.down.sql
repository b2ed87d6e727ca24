DROP INDEX purchases_by_time;
DROP INDEX purchases_by_card;
DROP INDEX purchases_by_member;
ALTER TABLE purchases DROP COLUMN card;
