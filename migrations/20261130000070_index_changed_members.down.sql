DROP INDEX member_attributes_begun;
DROP INDEX members_revision;
