DROP INDEX personal_answers_ended;
DROP INDEX member_attributes_ended;
DROP INDEX purchases_with_texts;
DROP INDEX purchases_with_inputs;
DROP INDEX purchases_unconfirmed;
ALTER TABLE mechanic_versions DROP COLUMN removed_at;
DROP TABLE jobs;
