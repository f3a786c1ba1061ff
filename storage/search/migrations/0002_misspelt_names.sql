-- Handles and names that are written nearly like a question: asked when no person has its words.
--
-- pg_trgm is a trusted extension: the owner of the database may make it. It belongs to PostgreSQL's own additional modules.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX person_names ON person USING gin (handle_name gin_trgm_ops, display_name gin_trgm_ops);
