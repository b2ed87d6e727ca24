-- Members by what was written of them last, so that communications find those who have changed and look at nobody else.
CREATE INDEX members_revision ON members (revision);
CREATE INDEX member_attributes_begun ON member_attributes (from_revision);
