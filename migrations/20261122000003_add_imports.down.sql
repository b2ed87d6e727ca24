DROP TABLE personal_answers;
DROP TABLE import_errors;
DROP TABLE imports;
