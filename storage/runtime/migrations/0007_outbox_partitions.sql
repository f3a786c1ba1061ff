-- The outbox in partitions by time, so that old rows leave by dropping a table: no vacuum, no index to tend. A partition has its own
-- key (shard, seq); from one to the next the shard's one writer counts. `upto` is where a partition ends. Rows behind the last partition lie in `outbox_rest`, until nova_outbox_extend makes a partition of it. The functions run as the
-- owner: the run-time role makes and drops no tables.
CREATE TABLE outbox_part (
  name text PRIMARY KEY,
  upto timestamptz NOT NULL
);

DO $$
DECLARE
  index record;
  tomorrow timestamptz := date_trunc('day', now()) + interval '1 day';
BEGIN
  ALTER TABLE outbox RENAME TO outbox_first;
  ALTER INDEX outbox_pkey RENAME TO outbox_first_pkey;
  CREATE TABLE outbox (LIKE outbox_first INCLUDING DEFAULTS) PARTITION BY RANGE (at);
  FOR index IN SELECT indexname, replace(indexdef, ' ON public.outbox_first ', ' ON public.outbox ') AS made FROM pg_indexes
      WHERE schemaname = 'public' AND tablename = 'outbox_first' AND indexname <> 'outbox_first_pkey'
  LOOP
    EXECUTE format('ALTER INDEX %I RENAME TO %I', index.indexname, 'first_' || index.indexname);
    EXECUTE index.made;
  END LOOP;
  IF EXISTS (SELECT 1 FROM outbox_first) THEN
    EXECUTE format('ALTER TABLE outbox ATTACH PARTITION outbox_first FOR VALUES FROM (MINVALUE) TO (%L)', tomorrow);
    INSERT INTO outbox_part VALUES ('outbox_first', tomorrow);
  ELSE
    DROP TABLE outbox_first;
  END IF;
  CREATE TABLE outbox_rest PARTITION OF outbox (PRIMARY KEY (shard, seq)) DEFAULT;
END $$;

-- Makes partitions until one ends behind `ahead`, each `width` long. Rows that came behind the last partition become one of their own.
CREATE FUNCTION nova_outbox_extend(ahead timestamptz, width interval) RETURNS bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  last timestamptz := coalesce((SELECT max(upto) FROM outbox_part),
    date_trunc('minute', least(now(), (SELECT min(at) FROM outbox_rest))));
  next timestamptz;
  name text;
  made bigint := 0;
BEGIN
  WHILE last <= ahead LOOP
    next := last + width;
    name := 'outbox_' || to_char(next AT TIME ZONE 'UTC', 'YYYYMMDD"_"HH24MISS');
    IF EXISTS (SELECT 1 FROM outbox_rest) THEN
      next := greatest(next, (SELECT max(at) FROM outbox_rest) + width);
      ALTER TABLE outbox DETACH PARTITION outbox_rest;
      UPDATE outbox_rest SET at = last WHERE at < last;
      EXECUTE format('ALTER TABLE outbox_rest RENAME TO %I', name);
      EXECUTE format('ALTER INDEX outbox_rest_pkey RENAME TO %I', name || '_pkey');
      EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, last, next);
      CREATE TABLE outbox_rest PARTITION OF outbox (PRIMARY KEY (shard, seq)) DEFAULT;
    ELSE
      EXECUTE format('CREATE TABLE %I PARTITION OF outbox (PRIMARY KEY (shard, seq)) FOR VALUES FROM (%L) TO (%L)', name, last, next);
    END IF;
    INSERT INTO outbox_part VALUES (name, next);
    last := next;
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- The oldest partitions that may go, the first one first: they end before `before`, and what is in them is read by all (`read` has a
-- seq for each shard, or is empty: all is read), or they end before `at_last`.
CREATE FUNCTION nova_outbox_old(before timestamptz, at_last timestamptz, read bigint[]) RETURNS SETOF text LANGUAGE plpgsql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part record;
  unread boolean;
BEGIN
  FOR part IN SELECT name, upto FROM outbox_part WHERE upto < before ORDER BY upto LOOP
    IF part.upto >= at_last AND cardinality(read) > 0 THEN
      EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I o WHERE o.seq > coalesce($1[o.shard + 1], o.seq))', part.name) INTO unread USING read;
      EXIT WHEN unread;
    END IF;
    RETURN NEXT part.name;
  END LOOP;
END $$;

-- Drops them. A shard's newest event stays, because it holds the shard's counter: it moves to the newest partition.
CREATE FUNCTION nova_outbox_drop(before timestamptz, at_last timestamptz, read bigint[]) RETURNS bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part text;
  dropped bigint := 0;
BEGIN
  FOR part IN SELECT * FROM nova_outbox_old(before, at_last, read) LOOP
    EXECUTE format('ALTER TABLE outbox DETACH PARTITION %I', part);
    EXECUTE format('INSERT INTO outbox (shard, seq, type, key, payload) SELECT DISTINCT ON (shard) shard, seq, type, key, payload '
                   'FROM %I p WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.shard = p.shard AND o.seq > p.seq) ORDER BY shard, seq DESC', part);
    EXECUTE format('DROP TABLE %I', part);
    DELETE FROM outbox_part WHERE name = part;
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
