-- Letters are emptied at the age at which the outbox drops an event that is not read.
CREATE INDEX dead_letter_age ON dead_letter (at) WHERE type <> 0;
