DROP TABLE surveys;
DROP TABLE message_templates;
