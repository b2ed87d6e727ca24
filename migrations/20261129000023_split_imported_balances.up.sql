-- The balance that imports know is kept by the id that they name, also after a merger. Mergers used to add it to the
-- survivor's; it is taken out again. The sum over a survivor and those merged into it stays what the ledger has.
UPDATE members SET points_imported = points_imported
    - (SELECT CAST(COALESCE(SUM(gone.points_imported), 0) AS BIGINT) FROM members AS gone
       WHERE gone.merged_into = members.id)
WHERE id IN (SELECT merged_into FROM members WHERE merged_into IS NOT NULL);
