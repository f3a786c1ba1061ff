-- Changes are kept for a time. `pruned_rev`: of the changes up to it some are deleted, so a client that is not as far is told a gap.
ALTER TABLE conversation ADD COLUMN pruned_rev bigint NOT NULL DEFAULT 0;
CREATE INDEX change_at ON change (at);

-- When the last member left: no account reads the conversation or comes into it again.
ALTER TABLE conversation ADD COLUMN emptied_at timestamptz;
UPDATE conversation SET emptied_at = now() WHERE member_count = 0;
CREATE INDEX conversation_emptied ON conversation (emptied_at) WHERE emptied_at IS NOT NULL;
