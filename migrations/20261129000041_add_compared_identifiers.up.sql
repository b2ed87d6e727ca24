-- Kind and value of an identifier in the form by which identifiers compare. NULL: written by a release that
-- did not know the form. A later release works it out in the background, and finds such rows as written.
ALTER TABLE member_identifiers ADD COLUMN compared_kind TEXT;
ALTER TABLE member_identifiers ADD COLUMN compared_value TEXT;

-- Not unique: releases before this one wrote identifiers apart that compare as one.
CREATE INDEX member_identifiers_compared ON member_identifiers (compared_value, compared_kind);
CREATE INDEX member_identifiers_not_compared ON member_identifiers (kind, value) WHERE compared_value IS NULL;
