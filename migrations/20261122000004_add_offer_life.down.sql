DROP INDEX revisions_change;
DROP TABLE offer_templates;
ALTER TABLE offer_versions DROP COLUMN state;
