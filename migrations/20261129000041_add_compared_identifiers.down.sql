DROP INDEX member_identifiers_not_compared;
DROP INDEX member_identifiers_compared;
ALTER TABLE member_identifiers DROP COLUMN compared_value;
ALTER TABLE member_identifiers DROP COLUMN compared_kind;
