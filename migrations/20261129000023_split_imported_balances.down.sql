UPDATE members SET points_imported = points_imported
    + (SELECT CAST(COALESCE(SUM(gone.points_imported), 0) AS BIGINT) FROM members AS gone
       WHERE gone.merged_into = members.id)
WHERE id IN (SELECT merged_into FROM members WHERE merged_into IS NOT NULL);
