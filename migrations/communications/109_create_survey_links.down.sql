DROP TABLE survey_links;
