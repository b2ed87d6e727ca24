-- The id under which an import gave the identifier, if that member is merged into another by now: the survivor's own
-- rows do not take it away. NULL: given by a row of the member itself, or moved by a release without this column.
ALTER TABLE member_identifiers ADD COLUMN given_to TEXT;
