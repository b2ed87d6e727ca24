ALTER TABLE member_identifiers DROP COLUMN given_to;
