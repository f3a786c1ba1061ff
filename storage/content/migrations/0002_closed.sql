-- An account whose owner has asked for its end: all that it made is answered like what is absent.
ALTER TABLE person ADD COLUMN closed boolean NOT NULL DEFAULT false;
