DROP INDEX purchases_member;
DROP INDEX members_merged_into;
ALTER TABLE members DROP COLUMN merged_into;
ALTER TABLE attributes DROP COLUMN merge;
ALTER TABLE attributes DROP COLUMN title;
DROP INDEX member_audiences_audience;
DROP TABLE audience_members;
DROP TABLE audience_lists;
DROP TABLE audiences;
