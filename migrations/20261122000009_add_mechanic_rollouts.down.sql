DROP TABLE shadow_differences;
DROP TABLE mechanic_health;
DROP TABLE preparation_answers;
DROP TABLE preparations;
DROP TABLE nodes;
DROP TABLE plan_settings;
DROP TABLE mechanic_rollouts;
DROP TABLE mechanic_versions;
