-- Letters of accounts that were erased: emptied, and deleted with the events of their time.
CREATE INDEX dead_letter_emptied ON dead_letter (at) WHERE type = 0;
