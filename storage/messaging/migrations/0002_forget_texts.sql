-- Earlier texts of a message leave with its recall or its next edit; the index finds the changes of one message.

CREATE INDEX change_message ON change (conversation_id, seq);

DELETE FROM change h USING message m
WHERE m.conversation_id = h.conversation_id AND m.seq = h.seq AND m.recalled
  AND substring(h.body FROM 1 FOR 8) = '\x0a06656469746564'::bytea;

DELETE FROM change h USING change later
WHERE later.conversation_id = h.conversation_id AND later.seq = h.seq AND later.rev > h.rev
  AND substring(h.body FROM 1 FOR 8) = '\x0a06656469746564'::bytea
  AND substring(later.body FROM 1 FOR 8) = '\x0a06656469746564'::bytea;
