-- Each version has a life of its own: draft, approved, running, stopped or archived. `offers` goes on
-- to say which version stands: the running one, else the one that was changed last.
ALTER TABLE offer_versions ADD COLUMN state TEXT NOT NULL DEFAULT 'draft';
UPDATE offer_versions SET state = 'stopped' WHERE EXISTS (
    SELECT 1 FROM offer_history AS h
    WHERE h.external_id = offer_versions.external_id AND h.version = offer_versions.version
      AND h.state <> 'draft');
UPDATE offer_versions SET state = 'running' WHERE EXISTS (
    SELECT 1 FROM offers AS o
    WHERE o.external_id = offer_versions.external_id AND o.version = offer_versions.version
      AND o.state = 'running');

-- Offers with holes, as they were sent.
CREATE TABLE offer_templates (
    name     TEXT   PRIMARY KEY,
    revision BIGINT NOT NULL REFERENCES revisions (revision),
    body     TEXT   NOT NULL
);

-- What was changed last of its kind: whoever has read the catalogue asks whether that is still so.
CREATE INDEX revisions_change ON revisions (change, revision);
